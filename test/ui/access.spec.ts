import type { Page } from 'playwright-core';
import { barriers, hasChromium } from '../helpers/browser.js';
import { given } from '../helpers/given.js';
import { House, newToken, OWNER } from './house.js';

const CODE = 'k7Qm2x_Vd-0pLr8sTzW4yB6nC1fG3hJ5';
/** A small telephone, and half and whole of a usual window: the half is what 200 % leaves of it. */
const WIDTHS = [320, 640, 1280];

/** What is wrong with the page as it is shown now, in both themes and at every width. */
async function flaws(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    found.push(...(await barriers(page)).map((barrier) => `${colorScheme}: ${barrier}`));
  }
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    if (await page.evaluate(`document.documentElement.scrollWidth > innerWidth`)) found.push(`too wide at ${width}`);
  }
  if ((await page.locator('h1').count()) !== 1) found.push('not one h1');
  if (!/^.+ – Doorward$/.test(await page.title())) found.push(`title ${await page.title()}`);
  if ((await page.locator('html').getAttribute('lang')) !== 'en') found.push('no language');
  return found;
}

given(
  hasChromium,
  'every page is open to everybody: axe finds nothing in light or dark, nothing is cut off at 320 px or 200 %',
  () => {
    let house: House;
    let page: Page;

    beforeAll(async () => {
      house = await House.open();
      ({ page } = await house.visit());
    }, 120_000);
    afterAll(() => house?.close());

    it('signing up, the first time', async () => {
      await page.goto('/sign-in');
      await page.getByText('Nobody has an account').waitFor();
      expect(await flaws(page)).toEqual([]);
      await page.getByRole('link', { name: 'Create the first one' }).click();
      await page.getByLabel('Setup code').waitFor();
      expect(await flaws(page)).toEqual([]);
      await page.getByLabel('E-mail address').fill(OWNER.email);
      await page.getByLabel('Password', { exact: true }).fill('short');
      await page.getByLabel('Setup code').fill(await house.setupCode());
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByText('Please look at what is marked').waitFor();
      expect(await flaws(page)).toEqual([]);
    });

    it('the tokens, with none, some, and some that are over', async () => {
      await house.signUpOwner(page);
      await page.getByText('No token is in use').waitFor();
      expect(await flaws(page)).toEqual([]);
      for (const name of ['laptop', 'a rather long name of something that somebody runs every night'])
        await newToken(page, name);
      await page.getByRole('button', { name: 'New token' }).click();
      expect(await flaws(page)).toEqual([]);
      await page.getByRole('button', { name: 'Make token' }).click();
      await page.getByLabel('Gateway token', { exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByText('You have not copied').waitFor();
      expect(await flaws(page)).toEqual([]);
      await page.getByRole('button', { name: 'Close without copying' }).click();
      await page.getByRole('button', { name: 'Revoke laptop' }).click();
      expect(await flaws(page)).toEqual([]);
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await page.getByText('laptop is revoked').waitFor();
      await page.getByText('Expired and revoked').click();
      expect(await flaws(page)).toEqual([]);
    });

    it('the sessions, one of somebody else’s browser among them', async () => {
      const { email, password } = OWNER;
      await house.gateway.call('/auth/login', {
        method: 'POST',
        headers: { 'user-agent': 'curl/8.0' },
        body: { email, password },
      });
      await page.getByRole('link', { name: 'Sessions' }).click();
      await page.getByRole('button', { name: 'End the session of curl' }).waitFor();
      expect(await flaws(page)).toEqual([]);
      await page.getByRole('button', { name: 'Change password' }).click();
      expect(await flaws(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'End the session of curl' }).click();
      expect(await flaws(page)).toEqual([]);
      await page.getByRole('button', { name: 'Cancel' }).click();
    });

    it('the approval of a command line', async () => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const begun = await house.gateway.call('/oauth/device_authorization', {
        method: 'POST',
        headers,
        body: 'client_id=doorward-cli',
      });
      const { user_code: code } = begun.body as { user_code: string };
      await page.goto('/device');
      await page.getByLabel('Code').fill('BBBBBBBB');
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByText('Nobody waits with this code').waitFor();
      expect(await flaws(page)).toEqual([]);
      await page.getByLabel('Code').fill(code.toLowerCase().replace('-', ' '));
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('button', { name: 'Approve' }).waitFor();
      expect(await flaws(page)).toEqual([]);
      // Nobody approves by a key that was pressed once too often.
      expect(await page.evaluate('document.activeElement.textContent')).not.toMatch(/Approve$/);
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.getByText('is signed in as you').waitFor();
      expect(await flaws(page)).toEqual([]);
    });

    it('signing in, with a wrong password', async () => {
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('E-mail address').fill(OWNER.email);
      await page.getByLabel('Password', { exact: true }).fill('wrong');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByText('The e-mail address or the password is wrong').waitFor();
      expect(await flaws(page)).toEqual([]);
    });

    it.each([
      ['an invitation', `/sign-up#invitation=${CODE}`, 'You were invited'],
      ['signing up, by invitation only', '/sign-up', 'by invitation'],
      ['the link that verifies an address', `/verify-email#code=${CODE}`, 'One step is left'],
      ['the same without a code', '/verify-email', 'Follow the link in the mail'],
      ['a forgotten password', '/reset-password', 'Reset your password'],
      ['the link that resets it', `/reset-password#code=${CODE}`, 'Choose a new password'],
      ['the link of a device', `/#setup=${CODE}`, 'A link for a device'],
      ['a sign-in elsewhere that failed', '/sign-in#error=provider_declined', 'declined there'],
    ])('%s', async (_, path, text) => {
      await page.goto('about:blank');
      await page.goto(path);
      await page.getByText(text).first().waitFor();
      expect(await flaws(page)).toEqual([]);
    });
  },
);
