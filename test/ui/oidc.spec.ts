import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { builtConsole, hasChromium, startBrowser, visit } from '../helpers/browser.js';
import { startGateway, type TestGateway } from '../helpers/gateway.js';
import { given } from '../helpers/given.js';
import { TestProvider } from '../helpers/oidc-provider.js';

given(hasChromium, 'signing in elsewhere, in a browser', () => {
  let provider: TestProvider;
  let gateway: TestGateway;
  let browser: Browser;
  /** By another name than the provider's: to the browser they are two sites, and SameSite counts. */
  let origin: string;

  beforeAll(async () => {
    await builtConsole();
    provider = await TestProvider.start();
    gateway = await startGateway({
      database: 'embedded',
      config: { accounts: { oidc: { acme: { ...provider.settings, label: 'Acme', provision: true } } } },
    });
    origin = `http://localhost:${gateway.port}`;
    provider.register({ url: origin }, 'acme');
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await gateway?.close();
    await provider?.close();
  });

  it('ends in the console, signed in, also after a reload', async () => {
    provider.account = { sub: 'ana', email: 'ana@acme.example', email_verified: true, name: 'Ana' };
    const { page, context, addresses } = await visit(browser, origin);
    await page.goto('/sign-in');
    await page.getByRole('link', { name: 'Continue with Acme' }).click();

    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    expect(await page.getByRole('region', { name: 'Signed in as' }).textContent()).toMatch(/Ana\s*member/);
    await page.reload();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();

    const cookies = await context.cookies(`${origin}/auth/refresh`);
    const { value, httpOnly, sameSite } = cookies.find(({ name }) => name === 'doorward_refresh')!;
    expect({ httpOnly, sameSite }).toEqual({ httpOnly: true, sameSite: 'Strict' });
    expect(addresses.join(' ')).not.toContain(value);
    await context.close();
  });

  it('ends at the sign-in page with the reason, when the person declines', async () => {
    provider.account = undefined;
    const { page, context } = await visit(browser, origin);
    await page.goto('/sign-in');
    await page.getByRole('link', { name: 'Continue with Acme' }).click();

    await page.getByText('provider_declined').waitFor();
    expect(new URL(page.url()).hash).toBe('');
    await context.close();
  });
});
