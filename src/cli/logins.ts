import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, reasonOf } from '../config/file-reason.js';
import { makeStateDirectory, tooOpen, writeFileAtomic } from '../config/state-directory.js';
import { record } from './answers.js';
import { CliError } from './cli-error.js';

/** A sign-in of this user at one gateway. */
export interface Login {
  /** The gateway token. */
  readonly token: string;
  /** ISO 8601. */
  readonly expiresAt: string;
  /** What the next token is had with, where the gateway gave one. */
  readonly refreshToken?: string;
  readonly user?: string;
  readonly scopes?: readonly string[];
}

type Logins = Readonly<Record<string, Login>>;

const FILE = 'logins.json';

/** Where `doorward login` keeps what it was given: one file of the state directory, for its owner alone, by gateway URL. */
export class LoginStore {
  constructor(private readonly stateDir: string) {}

  private get path(): string {
    return join(this.stateDir, FILE);
  }

  find(url: string): Login | undefined {
    const all = this.all();
    return Object.hasOwn(all, url) ? all[url] : undefined;
  }

  /** Every sign-in, by the URL of its gateway. Throws CliError for a file that others may read, or that is none of ours. */
  all(): Logins {
    const text = this.text();
    if (text === undefined) return {};
    const open = tooOpen(this.path);
    if (open !== undefined) throw new CliError(open);
    try {
      const { gateways } = record(JSON.parse(text));
      return Object.fromEntries(Object.entries(record(gateways)).filter(([, login]) => isLogin(login))) as Logins;
    } catch {
      throw new CliError(`${this.path} cannot be read as JSON`, { nextStep: 'Remove it, and sign in again.' });
    }
  }

  /**
   * Calls `work` while no other command may change the logins; what it returns is kept for the gateway, or forgotten.
   * Throws LockLost, and writes nothing, when another has taken the lock meanwhile.
   */
  async change(
    url: string,
    work: (known: Login | undefined) => Promise<Login | undefined>,
  ): Promise<Login | undefined> {
    makeStateDirectory(this.stateDir);
    const { lockFile } = await import('../config/file-lock.js');
    const lock = await lockFile(this.path);
    try {
      const known = this.all();
      const login = await work(known[url]);
      const others = Object.entries(known).filter(([name]) => name !== url);
      const gateways = Object.fromEntries(login ? [...others, [url, login]] : others);
      const text = `${JSON.stringify({ version: 1, gateways }, null, 2)}\n`;
      await writeFileAtomic(this.path, text, undefined, () => lock.check());
      return login;
    } finally {
      await lock.release();
    }
  }

  private text(): string | undefined {
    try {
      return readFileSync(this.path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw new CliError(`${this.path} cannot be read: ${reasonOf(error)}`);
    }
  }
}

function isLogin(value: unknown): value is Login {
  const { token, expiresAt } = record(value);
  return typeof token === 'string' && typeof expiresAt === 'string';
}
