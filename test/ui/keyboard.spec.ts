import type { Page } from 'playwright-core';
import { hasChromium } from '../helpers/browser.js';
import { given } from '../helpers/given.js';
import { House, OWNER } from './house.js';

/** What has the focus: its name as a screen reader says it, and whether anybody can see where it is. */
const FOCUS = `(() => {
  const element = document.activeElement;
  const shown = element.matches('.theme-switch input') ? element.nextElementSibling : element;
  const { outlineStyle, outlineWidth } = getComputedStyle(shown);
  const name = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent;
  return { name: name.trim(), visible: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2, tag: element.tagName };
})()`;

interface Focus {
  readonly name: string;
  readonly visible: boolean;
  readonly tag: string;
}

const focusOf = (page: Page): Promise<Focus> => page.evaluate<Focus>(FOCUS);

/** The name of what has the focus, once that is `name`; of whatever has it after a while otherwise. */
async function focusOn(page: Page, name: string): Promise<string> {
  await page
    .waitForFunction(`(${FOCUS}).name === ${JSON.stringify(name)}`, undefined, { timeout: 5000 })
    .catch(() => undefined);
  return (await focusOf(page)).name;
}

/** Presses Tab until the control of this name has the focus. Every stop on the way must be seen. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const passed: string[] = [];
  for (let i = 0; i < 40; i += 1) {
    await page.keyboard.press('Tab');
    const focus = await focusOf(page);
    // Between the last control and the first the browser itself has the focus.
    expect({ ...focus, visible: focus.visible || focus.tag === 'BODY' }).toMatchObject({ visible: true });
    if (typeof name === 'string' ? focus.name === name : name.test(focus.name)) return;
    passed.push(focus.name);
  }
  throw new Error(`no ${String(name)} among ${passed.join(' | ')}`);
}

async function type(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, label);
  await page.keyboard.type(text);
}

given(hasChromium, 'by the keyboard alone', () => {
  let house: House;
  let page: Page;

  beforeAll(async () => {
    house = await House.open();
    ({ page } = await house.visit());
  }, 120_000);
  afterAll(() => house?.close());

  it('one signs up', async () => {
    await page.goto('/sign-in');
    await page.getByText('Nobody has an account').waitFor();
    await tabTo(page, 'Create the first one');
    await page.keyboard.press('Enter');
    await page.getByLabel('Setup code').waitFor();
    expect(await focusOn(page, 'Create an account')).toBe('Create an account');
    await type(page, 'E-mail address', OWNER.email);
    await type(page, 'Name', OWNER.name);
    await type(page, 'Password', OWNER.password);
    await type(page, 'Setup code', await house.setupCode());
    await page.keyboard.press('Enter');

    await page.getByRole('heading', { name: 'Gateway tokens' }).waitFor();
    expect(await focusOn(page, 'Gateway tokens')).toBe('Gateway tokens');
  });

  it('one makes a token and copies it; Tab stays in the dialog, and closing it leads back', async () => {
    await tabTo(page, 'New token');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await focusOn(page, 'Name')).toBe('Name');
    await page.keyboard.type('by hand');
    for (let i = 0; i < 12; i += 1) {
      await page.keyboard.press('Tab');
      expect(
        await page.evaluate(
          `document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)`,
        ),
      ).toBe(true);
    }
    await tabTo(page, 'Make token');
    await page.keyboard.press('Enter');
    await page.getByLabel('Gateway token', { exact: true }).waitFor();
    await tabTo(page, 'Copy token');
    await page.keyboard.press('Enter');
    await page.getByText('Copied').waitFor();
    await page.keyboard.press('Escape');

    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focusOn(page, 'New token')).toBe('New token');
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('Escape does not throw a token away that was not copied', async () => {
    await page.keyboard.press('Enter');
    await page.getByLabel('Name').waitFor();
    await page.keyboard.press('Enter');
    await page.getByLabel('Gateway token', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('You have not copied the token').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(1);
    await page.keyboard.press('Escape');

    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('a dialog that was opened while nothing had the focus leads back as well', async () => {
    await page.evaluate(`document.activeElement.blur();
      [...document.querySelectorAll('button')].find((button) => button.textContent === 'New token').click();`);
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focusOn(page, 'New token')).toBe('New token');
  });

  it('one revokes it, and is asked first: the focus begins on Cancel', async () => {
    await tabTo(page, 'Revoke by hand');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await focusOn(page, 'Cancel')).toBe('Cancel');
    await tabTo(page, 'Revoke');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    expect(await page.getByRole('status').filter({ hasText: 'by hand is revoked' }).count()).toBe(1);
    expect(await focusOn(page, 'Gateway tokens')).toBe('Gateway tokens');
  });

  it('one chooses the colours, and the choice lasts', async () => {
    await tabTo(page, /^System$/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const ground = `getComputedStyle(document.documentElement).backgroundColor`;
    const dark = await page.evaluate(ground);
    await page.reload();
    await page.getByRole('heading', { name: 'Gateway tokens' }).waitFor();

    expect(dark).toBe('rgb(18, 20, 19)');
    expect(await page.evaluate(ground)).toBe(dark);
    expect(await page.evaluate('JSON.stringify({ ...localStorage })')).toBe('{"doorward-theme":"dark"}');
  });

  it('one skips to the content', async () => {
    await page.keyboard.press('Tab');
    expect(await focusOn(page, 'Skip to content')).toBe('Skip to content');
    await page.keyboard.press('Enter');

    expect(await focusOn(page, 'Gateway tokens')).toBe('Gateway tokens');
  });

  it('one signs out, and what is wrong afterwards is read out and focused', async () => {
    await page.reload();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await tabTo(page, 'Sign out');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await focusOn(page, 'Sign in')).toBe('Sign in');
    await type(page, 'E-mail address', OWNER.email);
    await type(page, 'Password', 'wrong');
    await page.keyboard.press('Enter');

    await page.getByRole('alert').filter({ hasText: 'The e-mail address or the password is wrong' }).waitFor();
    expect(await focusOn(page, 'Password')).toBe('Password');
  });
});
