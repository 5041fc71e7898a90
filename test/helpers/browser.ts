import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const ROOT = resolve(__dirname, '../..');
const PROGRAM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** Whether a real browser can be started here. */
export const hasChromium = PROGRAM !== undefined;

/** Builds the console where it is not up to date; to be called in `beforeAll`. */
export async function builtConsole(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts', 'build-if-needed.mjs'), 'ui']);
}

/** The browser of this machine. Once per test file: close it in `afterAll`. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: PROGRAM,
    // Root may not have a sandbox; there are no other pages here than ours.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

/** What a page did that no page of ours may do. */
export interface Misdeeds {
  /** Requests to another origin than that of the gateway. */
  readonly strangers: string[];
  /** Violations of the content security policy, and what else the browser complains of. */
  readonly complaints: string[];
  /** Exceptions that nobody caught. */
  readonly faults: string[];
}

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly misdeeds: Misdeeds;
  /** Every address that the page asked for or showed, from the first. */
  readonly addresses: string[];
}

/** A browser window of its own, with no cookies, on the gateway of this origin. What it does wrong is written down. */
export async function visit(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ baseURL: origin, reducedMotion: 'reduce', ...options });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const misdeeds: Misdeeds = { strangers: [], complaints: [], faults: [] };
  const addresses: string[] = [];
  page.on('request', (request) => {
    addresses.push(request.url());
    if (new URL(request.url()).origin !== origin && !request.url().startsWith('data:')) {
      misdeeds.strangers.push(request.url());
    }
  });
  page.on('framenavigated', (frame) => addresses.push(frame.url()));
  page.on('console', (message) => {
    // What the gateway refuses is an answer; the browser reports it as an error of the page.
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !isAnswer) misdeeds.complaints.push(message.text());
  });
  page.on('pageerror', (error) => misdeeds.faults.push(error.message));
  return { context, page, misdeeds, addresses };
}

/** All that a page keeps in this browser beside cookies: storage of both kinds, databases, caches. */
export function keptBy(page: Page): Promise<string> {
  return page.evaluate(`(async () => JSON.stringify({
    local: { ...localStorage },
    session: { ...sessionStorage },
    databases: await indexedDB.databases(),
    caches: await caches.keys(),
    state: history.state,
    name: window.name,
    cookies: document.cookie,
  }))()`);
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong with a page as it is shown now: WCAG 2.2 A and AA, and good practice beside. */
export async function barriers(page: Page): Promise<string[]> {
  if (!(await page.evaluate(`'axe' in window`))) await page.evaluate(AXE);
  const { violations } = await page.evaluate<{ violations: Violation[] }>('axe.run(document)');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  );
}
