import { browserAnswer, WrongAnswer } from '../oauth/browser-answer.js';
import type { BrowserAnswer, BrowserFlow } from '../oauth/oauth-client.js';
import { knownProvider } from '../oauth/oauth-provider.js';
import { pastedAnswer } from '../oauth/pasted-answer.js';
import { RedirectListener } from '../oauth/redirect-listener.js';
import type { LoginMethod, LoginTerminal } from './login-method.js';
import { oauthLogin } from './oauth-login.js';
import { wrongInput } from './wrong-input.js';

/** How long the browser may take. */
const PATIENCE_MS = 5 * 60_000;
const TRIES = 5;

/**
 * Signing in at the provider's page: OAuth with PKCE. The browser comes back to this machine, or, where it is on another
 * one or the port is taken, the address that it ended at is pasted (reference F.8).
 */
export const browser: LoginMethod = {
  id: 'browser',
  aliases: ['oauth', 'pkce'],
  label: 'signing in with a browser',
  asClient: true,

  offers(provider, providers) {
    const known = providers.get(provider);
    return known !== undefined && (known.issuer !== undefined || known.authorizationEndpoint !== undefined);
  },

  async login(request, { terminal, providers, clock, oauth }) {
    const provider = knownProvider(providers, request.provider);
    const flow = await oauth.begin(provider);
    const listener = await RedirectListener.open(provider.redirectUri, flow.state);
    try {
      const isHere = listener !== undefined && terminal.open(flow.url.href);
      if (!isHere && !terminal.isInteractive) {
        throw wrongInput('method', 'nobody is here who could sign in: no browser, and no terminal to paste the answer');
      }
      terminal.say(isHere ? 'A browser opens. If it does not, open this page:' : 'Open this page in a browser:');
      terminal.say(`\n  ${flow.url.href}\n`);
      if (!listener)
        terminal.say(`Port ${new URL(provider.redirectUri).port} is taken: the page cannot come back by itself.`);
      const answer = await firstAnswer(flow, listener, terminal, isHere);
      return oauthLogin(request, provider, await oauth.exchange(provider, flow, answer), clock.now());
    } finally {
      await listener?.close();
    }
  },
};

/** By the browser or by hand, whichever is first; the other is then told that it is over. */
async function firstAnswer(
  flow: BrowserFlow,
  listener: RedirectListener | undefined,
  terminal: LoginTerminal,
  isHere: boolean,
): Promise<BrowserAnswer> {
  const over = new AbortController();
  const ways: Promise<BrowserAnswer>[] = [];
  if (listener) ways.push(listener.answer);
  if (terminal.isInteractive) ways.push(pasted(flow, terminal, over.signal));
  if (isHere && !terminal.isInteractive) ways.push(tooLate(terminal));
  try {
    return await Promise.race(ways);
  } finally {
    over.abort();
    for (const way of ways) way.catch(() => undefined); // told that it is over, which is no news
  }
}

/** A wrong paste ends nothing; the person is told why and asked again. */
async function pasted(flow: BrowserFlow, terminal: LoginTerminal, signal: AbortSignal): Promise<BrowserAnswer> {
  const question = 'If the browser is elsewhere, paste the address that it ends at: ';
  for (let tries = 1; ; tries += 1) {
    const text = await terminal.ask(question, signal);
    try {
      return browserAnswer(pastedAnswer(text), flow.state);
    } catch (error) {
      if (!(error instanceof WrongAnswer)) throw error;
      if (tries === TRIES) throw wrongInput('answer', `${error.message}; begin again`);
      terminal.say(`Not taken: ${error.message}.`);
    }
  }
}

async function tooLate(terminal: LoginTerminal): Promise<never> {
  await terminal.pause(PATIENCE_MS);
  throw wrongInput('answer', 'the browser did not come back in time; begin again');
}
