import type { Page } from 'playwright-core';
import { hasChromium } from '../helpers/browser.js';
import { given } from '../helpers/given.js';
import { bearer } from '../helpers/gateway.js';
import { until } from '../helpers/until.js';
import { House, newToken, OWNER } from './house.js';

const NEXT = 'Another lantern, gate 8!';
const GUEST = { email: 'gus@example.com', password: 'A guest with 1 lantern!' };

given(hasChromium, 'what links and codes are for', () => {
  let house: House;
  let page: Page;
  let token: string;

  beforeAll(async () => {
    house = await House.open();
    ({ page } = await house.visit());
    await house.signUpOwner(page);
    token = await newToken(page, 'for the API');
  }, 120_000);
  afterAll(() => house?.close());

  /** The newest link of a kind that the gateway gave its operator, who has no server of mail. */
  async function link(kind: string): Promise<string> {
    const found = (): string | undefined =>
      house.gateway.log().findLast((line) => line['kind'] === kind)?.['operatorLink'] as string | undefined;
    await until(`a link to ${kind}`, async () => {
      await house.world.flushLog();
      return found() !== undefined;
    });
    return found()!;
  }

  it('an invitation: whoever follows it chooses a password, and is in with the role that they were given', async () => {
    const wanted = { email: GUEST.email, role: 'viewer' };
    const invited = await house.gateway.call('/api/v1/users/invitations', {
      method: 'POST',
      headers: bearer(token),
      body: wanted,
    });
    const guest = (await house.visit()).page;
    await guest.goto((invited.body as { link: string }).link);
    await guest.getByText('You were invited').waitFor();
    expect(guest.url()).toBe(`${house.gateway.url}/sign-up`);
    await guest.getByLabel('E-mail address').fill(GUEST.email);
    await guest.getByLabel('Password', { exact: true }).fill(GUEST.password);
    await guest.getByRole('button', { name: 'Create account' }).click();
    await guest.getByRole('heading', { name: 'Gateway tokens' }).waitFor();

    expect(await guest.getByRole('region', { name: 'Signed in as' }).textContent()).toMatch(/viewer · house/);
    await guest.getByRole('button', { name: 'New token' }).click();
    await guest.getByRole('dialog').getByLabel('Name').waitFor();
    // A viewer is offered what a viewer can hand on.
    expect(await guest.getByRole('dialog').getByRole('radio').count()).toBe(1);
  });

  it('the letter that verifies an address: by a button, once', async () => {
    const address = await link('verify-email');
    const other = (await house.visit()).page;
    await other.goto(address);
    await other.getByRole('button', { name: 'Verify my address' }).click();
    await other.getByRole('status').filter({ hasText: 'your address is verified' }).waitFor();

    await other.goto('about:blank');
    await other.goto(address);
    await other.getByRole('button', { name: 'Verify my address' }).click();
    await other.getByRole('alert').filter({ hasText: 'expired or was used before' }).waitFor();
    expect(other.url()).toBe(`${house.gateway.url}/verify-email`);
  });

  it('a forgotten password: a link, another password, and everybody else is signed out', async () => {
    const other = (await house.visit()).page;
    await other.goto('/sign-in');
    await other.getByRole('link', { name: 'Forgot your password?' }).click();
    await other.getByLabel('E-mail address').fill(GUEST.email);
    await other.getByRole('button', { name: 'Send me a link' }).click();
    await other.getByRole('status').filter({ hasText: 'is on its way' }).waitFor();
    await other.goto(await link('reset-password'));
    await other.getByLabel('New password', { exact: true }).fill('weak');
    await other.getByRole('button', { name: 'Change password' }).click();
    await other.getByText('must have an upper-case letter').waitFor();
    await other.getByLabel('New password', { exact: true }).fill(NEXT);
    await other.getByRole('button', { name: 'Change password' }).click();
    await other.getByRole('heading', { name: 'Your password is changed' }).waitFor();
    await other.getByRole('link', { name: 'Sign in' }).click();
    await house.signIn(other, { email: GUEST.email, password: NEXT });

    expect(await house.world.rows(`SELECT 1 FROM user_sessions WHERE end_reason = 'password-reset'`)).toHaveLength(1);
  });

  it('a command line that waits: what it asks is shown, and approval lets it in as the person', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const headers = { ...form, 'user-agent': 'doorward/0.1.0' };
    const body = 'client_id=doorward-cli&scope=operator.read';
    const begun = (await house.gateway.call('/oauth/device_authorization', { method: 'POST', headers, body }))
      .body as Record<string, string>;
    await page.goto(begun['verification_uri_complete']!);
    expect(await page.getByLabel('Code').inputValue()).toBe(begun['user_code']);
    await page.getByRole('button', { name: 'Continue' }).click();
    const card = page.getByRole('region', { name: 'doorward-cli asks to be signed in as you' });
    expect(await card.textContent()).toMatch(/MayRead.*127\.0\.0\.1.*Doorward command line/);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('status').filter({ hasText: 'doorward-cli is signed in as you' }).waitFor();

    const grant = `grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=doorward-cli&device_code=${begun['device_code']}`;
    const granted = await house.gateway.call('/oauth/token', { method: 'POST', headers: form, body: grant });
    const whoami = await house.gateway.get(
      '/api/v1/whoami',
      bearer((granted.body as { access_token: string }).access_token),
    );
    expect(whoami.body).toMatchObject({ user: OWNER.email, scopes: ['operator.read'] });
  });

  it('or denial turns it away', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const begun = (
      await house.gateway.call('/oauth/device_authorization', { method: 'POST', headers, body: 'client_id=somebody' })
    ).body as Record<string, string>;
    await page.goto('/device');
    await page.getByLabel('Code').fill(begun['user_code']!);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.getByRole('status').filter({ hasText: 'somebody was turned away' }).waitFor();

    const grant = `grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=somebody&device_code=${begun['device_code']}`;
    const granted = await house.gateway.call('/oauth/token', { method: 'POST', headers, body: grant });
    expect(granted.body).toMatchObject({ error: 'access_denied' });
  });

  it('another password, for who knows the old one; and the end of all other sessions', async () => {
    const { email, password } = OWNER;
    const there = (await house.visit()).page;
    await there.goto('/sessions');
    await house.signIn(there);
    await there.getByText('This browser').waitFor();
    await there.getByRole('button', { name: 'Change password' }).click();
    await there.getByLabel('Current password', { exact: true }).fill('wrong');
    await there.getByLabel('New password', { exact: true }).fill(NEXT);
    await there.getByRole('dialog').getByRole('button', { name: 'Change password' }).click();
    await there.getByRole('alert').filter({ hasText: 'not your current password' }).waitFor();
    await there.getByLabel('Current password', { exact: true }).fill(password);
    await there.getByRole('dialog').getByRole('button', { name: 'Change password' }).click();
    await there.getByRole('status').filter({ hasText: 'Your password is changed' }).waitFor();
    await page.goto('/sessions');
    await house.signIn(page, { email, password: NEXT });
    await page.getByRole('button', { name: 'End all others' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End all others' }).click();
    await page.getByRole('status').filter({ hasText: 'All other sessions have ended' }).waitFor();

    expect(await page.getByRole('listitem').count()).toBe(1);
    await there.getByRole('link', { name: 'Gateway tokens' }).click();
    await there.getByRole('alert').filter({ hasText: 'Your sign-in was ended' }).waitFor();
    expect(await there.getByRole('heading', { level: 1 }).textContent()).toBe('Sign in');
  });
});
