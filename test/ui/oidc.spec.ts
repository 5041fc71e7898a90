import type { Page } from 'playwright-core';
import { hasChromium, keptBy } from '../helpers/browser.js';
import { given } from '../helpers/given.js';
import { TestProvider } from '../helpers/oidc-provider.js';
import { House, newToken } from './house.js';

const ANA = { sub: 'ana-at-acme', email: 'ana@acme.example', email_verified: true, name: 'Ana of Acme' };

given(hasChromium, 'signing in elsewhere, in a browser', () => {
  let provider: TestProvider;
  let house: House;

  beforeAll(async () => {
    provider = await TestProvider.start();
    const acme = { ...provider.settings, label: 'Acme Accounts', provision: true, role: 'member' };
    house = await House.open({ config: { gateway: { auth: { loopback: 'deny' } }, accounts: { oidc: { acme } } } });
    provider.register(house.gateway, 'acme');
  }, 120_000);
  beforeEach(() => {
    provider.account = ANA;
  });
  afterAll(async () => {
    await house?.close();
    await provider?.close();
  });

  const elsewhere = (page: Page): Promise<void> =>
    page.getByRole('link', { name: 'Continue with Acme Accounts' }).click();

  it('leads there and back, and then gateway tokens are to be had', async () => {
    const { page, addresses, context } = await house.visit();
    await page.goto('/');
    await elsewhere(page);
    await page.getByRole('heading', { name: 'Gateway tokens' }).waitFor();

    expect(await page.getByRole('region', { name: 'Signed in as' }).textContent()).toMatch(/Ana of Acme\s*member/);
    expect(page.url()).toBe(`${house.gateway.url}/tokens`);
    const token = await newToken(page, 'laptop');
    const whoami = await house.gateway.get('/api/v1/whoami', { authorization: `Bearer ${token}` });
    expect(whoami.body).toMatchObject({
      method: 'gateway-token',
      user: ANA.email,
      scopes: ['operator.read', 'operator.write'],
    });

    const { value } = (await context.cookies()).find(({ name }) => name === 'doorward_refresh')!;
    expect(addresses.join('\n')).not.toMatch(new RegExp(`eyJ|${token}|${value}`));
    expect(await keptBy(page)).not.toMatch(new RegExp(`eyJ|${token}|${value}`));
  });

  it('comes back to the page that was wanted, with the code of a command line that waits', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const begun = await house.gateway.call('/oauth/device_authorization', {
      method: 'POST',
      headers,
      body: 'client_id=doorward-cli',
    });
    const { verification_uri_complete: address, user_code: code } = begun.body as Record<string, string>;
    const { page } = await house.visit();
    await page.goto(address!);
    await elsewhere(page);

    await page.getByRole('heading', { name: 'Approve a sign-in' }).waitFor();
    expect(await page.getByLabel('Code').inputValue()).toBe(code);
    expect(page.url()).toBe(`${house.gateway.url}/device`);
  });

  it('is explained where it fails, and leaves nothing in the address', async () => {
    provider.account = undefined; // somebody who presses "cancel"
    const { page } = await house.visit();
    await page.goto('/');
    await elsewhere(page);

    await page.getByRole('alert').filter({ hasText: 'The sign-in was declined there.' }).waitFor();
    expect(page.url()).toBe(`${house.gateway.url}/sign-in`);
    expect(await page.getByRole('button', { name: 'Sign out' }).count()).toBe(0);
  });
});
