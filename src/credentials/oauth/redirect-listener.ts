import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { browserAnswer, WrongAnswer } from './browser-answer.js';
import { showPage } from './callback-page.js';
import type { BrowserAnswer } from './oauth-client.js';
import { OAuthRefused } from './oauth-refused.js';

const LONGEST_REQUEST_MS = 5_000;

/** A browser may look up `localhost` either way. */
const BOTH = ['127.0.0.1', '::1'] as const;

/**
 * Waits on this machine for the browser to come back (RFC 8252 section 7.3). It answers one path and one method, under its
 * own name, and takes one answer: the one with the state. Whatever else knocks is turned away and ends nothing (S169).
 */
export class RedirectListener {
  /** Resolves with the answer; rejects with OAuthRefused when the provider said no. The listener is closed by then. */
  readonly answer: Promise<BrowserAnswer>;
  private readonly servers: Server[] = [];
  private decide: { yes: (answer: BrowserAnswer) => void; no: (error: Error) => void } | undefined;

  private constructor(
    private readonly redirectUri: URL,
    private readonly state: string,
  ) {
    this.answer = new Promise((yes, no) => (this.decide = { yes, no }));
    this.answer.catch(() => undefined); // whoever waits hears it; if nobody does, nobody misses it
  }

  /** Undefined when somebody else has the port: then the address is pasted. */
  static async open(redirectUri: string, state: string): Promise<RedirectListener | undefined> {
    const self = new RedirectListener(new URL(redirectUri), state);
    const { hostname } = self.redirectUri;
    const addresses = hostname === 'localhost' ? BOTH : [hostname.replace(/^\[|\]$/g, '')];
    for (const address of addresses) {
      const code = await self.listen(address);
      // Without IPv6 there is nobody who could come that way.
      if (code === undefined || (address === '::1' && code !== 'EADDRINUSE' && self.servers.length > 0)) continue;
      await self.close();
      return undefined;
    }
    return self;
  }

  /** Ends it, whoever is still connected. */
  async close(): Promise<void> {
    const ended = this.servers.splice(0).map((server) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    });
    await Promise.all(ended);
  }

  private async listen(address: string): Promise<string | undefined> {
    const server = createServer({ requestTimeout: LONGEST_REQUEST_MS, headersTimeout: LONGEST_REQUEST_MS });
    server.on('request', (request, response) => this.handle(request, response));
    try {
      server.listen({ host: address, port: Number(this.redirectUri.port), exclusive: true });
      await once(server, 'listening');
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unknown';
    }
    this.servers.push(server);
    return undefined;
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const { port, pathname } = this.redirectUri;
    // Another name means that a page elsewhere has its name point here (DNS rebinding).
    if (!NAMES.some((name) => request.headers.host?.toLowerCase() === `${name}:${port}`)) {
      return showPage(response, 400, 'This address is reached under another name.');
    }
    const [path, query = ''] = splitOnce(request.url ?? '', '?');
    if (path !== pathname) return showPage(response, 404, 'There is nothing here.');
    if (request.method !== 'GET') {
      response.setHeader('allow', 'GET');
      return showPage(response, 405, 'Only a browser that comes back from signing in is expected here.');
    }
    try {
      const answer = browserAnswer(new URLSearchParams(query), this.state);
      this.finish(response, 200, 'Signed in. You can close this page and go back to the terminal.');
      this.decide?.yes(answer);
    } catch (error) {
      if (error instanceof WrongAnswer) return showPage(response, 400, `Not taken: ${error.message}.`);
      if (!(error instanceof OAuthRefused)) throw error;
      this.finish(response, 400, `The sign-in was not finished: ${error.message}.`);
      this.decide?.no(error);
    }
  }

  /** The last page is sent whole before the listener goes; from now on nobody new comes in. */
  private finish(response: ServerResponse, status: number, sentence: string): void {
    response.once('close', () => void this.close());
    for (const server of this.servers) server.close();
    showPage(response, status, sentence);
  }
}

const NAMES = ['localhost', '127.0.0.1', '[::1]'];

function splitOnce(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
