import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/kernel/clock.js';
import type { LoginGround, LoginTerminal } from '../../src/credentials/methods/login-method.js';
import { HttpClient } from '../../src/credentials/http.js';
import { OAuthClient } from '../../src/credentials/oauth/oauth-client.js';
import { oauthProvidersOf } from '../../src/credentials/oauth/oauth-provider.js';
import { CliLogins, cliPlaces } from '../../src/credentials/sync/cli-logins.js';
import { newStateDir } from '../helpers/embedded.js';

/** A port of this machine that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A person at a terminal, who answers what they are asked with the next of `answers` and never more than that. */
export class Person implements LoginTerminal {
  readonly said: string[] = [];
  readonly asked: string[] = [];
  isInteractive = true;
  /** What the browser does with a page; false: there is none. */
  browse: (page: string) => boolean = () => false;

  constructor(private readonly answers: (string | ((said: readonly string[]) => string | Promise<string>))[] = []) {}

  say(text: string): void {
    this.said.push(text);
  }

  async ask(question: string, signal?: AbortSignal): Promise<string> {
    this.asked.push(question);
    const answer = this.answers.shift();
    if (answer !== undefined) return typeof answer === 'string' ? answer : answer(this.said);
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('no longer needed')));
    });
  }

  piped(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }

  askSecret(question: string): Promise<string> {
    return this.ask(question);
  }

  open(page: string): boolean {
    return this.browse(page);
  }

  pause: (ms: number) => Promise<void> = () => Promise.resolve();

  /** The address that they were told to open. */
  get page(): string {
    return /https?:\/\/\S+/.exec(this.said.join('\n'))![0];
  }
}

/** What ways to log in work with, and what they leave open. */
export function loginGround(
  terminal: LoginTerminal,
  providers: Parameters<typeof oauthProvidersOf>[0] = {},
  home = newStateDir(),
): LoginGround {
  return {
    terminal,
    providers: oauthProvidersOf(providers),
    clock: systemClock,
    oauth: new OAuthClient(new HttpClient(systemClock), systemClock),
    cliLogins: new CliLogins(cliPlaces({}, home), systemClock),
  };
}
