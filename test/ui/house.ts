import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { SetupCodes } from '../../src/accounts/registration/setup-codes.js';
import { builtConsole, startBrowser, type Visit, visit } from '../helpers/browser.js';
import { type StartOptions, startGateway, type TestGateway } from '../helpers/gateway.js';
import { World } from '../helpers/world.js';

export const OWNER = { email: 'olga@example.com', password: 'A lantern over gate 7!', name: 'Olga Owner' };

/** Nobody comes in for being on this machine. */
const STRANGERS = { gateway: { auth: { loopback: 'deny' } } };

/** A gateway whose callers are all strangers, as behind a proxy, and the browser of this machine. */
export class House {
  readonly world: World;
  private readonly visits: Visit[] = [];
  /** Browser and database have clocks of their own: the gateway's has to go with them. */
  private readonly ticking: NodeJS.Timeout;

  private constructor(
    readonly gateway: TestGateway,
    readonly browser: Browser,
  ) {
    this.world = new World(gateway);
    const { clock } = gateway;
    this.ticking = setInterval(() => clock.advance(Math.max(0, Date.now() - clock.now())), 50);
  }

  static async open(options: StartOptions = {}): Promise<House> {
    await builtConsole();
    const { config = STRANGERS, ...rest } = options;
    const [gateway, browser] = await Promise.all([
      startGateway({ database: 'embedded', ...rest, config }),
      startBrowser(),
    ]);
    return new House(gateway, browser);
  }

  /** A new window of a browser that was never here. */
  async visit(options: BrowserContextOptions = {}): Promise<Visit> {
    const visitor = await visit(this.browser, this.gateway.url, options);
    this.visits.push(visitor);
    return visitor;
  }

  /** What the operator reads on the screen when the gateway starts. */
  async setupCode(): Promise<string> {
    const code = await this.world.get(SetupCodes).offer();
    if (code === undefined) throw new Error('somebody has signed up');
    return code;
  }

  /** The first account, made in the page as a person would. Ends on the page of the tokens. */
  async signUpOwner(page: Page): Promise<void> {
    await page.goto('/');
    await page.getByRole('link', { name: 'Create the first one' }).click();
    await page.getByLabel('E-mail address').fill(OWNER.email);
    await page.getByLabel('Name').fill(OWNER.name);
    await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
    await page.getByLabel('Setup code').fill(await this.setupCode());
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('heading', { name: 'Gateway tokens' }).waitFor();
  }

  /** Signs in on the page that asks for it. */
  async signIn(page: Page, { email, password }: { email: string; password: string } = OWNER): Promise<void> {
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  }

  async close(): Promise<void> {
    clearInterval(this.ticking);
    for (const { context } of this.visits) await context.close();
    await this.browser.close();
    await this.gateway.close();
  }
}

/** Makes a token in the page and returns its value, as it is shown. */
export async function newToken(page: Page, name: string): Promise<string> {
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Make token' }).click();
  const value = (await page.getByLabel('Gateway token', { exact: true }).textContent())!;
  await page.getByRole('button', { name: 'Copy token' }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  return value;
}
