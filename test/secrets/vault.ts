import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigError } from '../../src/config/config-error.js';
import { Environment } from '../../src/config/environment.js';
import { loadConfig, type LoadedConfig } from '../../src/config/load.js';
import { type Clock, systemClock } from '../../src/kernel/clock.js';
import { SealingKey } from '../../src/kernel/seal.js';
import { Secrets } from '../../src/secrets/secrets.js';
import { SURFACES } from '../../src/secret-surfaces.js';
import { RULES, SETTINGS } from '../../src/settings.js';

/** A directory with programs that keep secrets, a gateway's configuration beside them, and what follows its references. */
export class Vault {
  readonly home = realpathSync(mkdtempSync(join(tmpdir(), 'doorward-vault-')));
  readonly state = join(this.home, '.doorward');
  readonly secrets: Secrets;

  constructor(readonly clock: Clock = systemClock) {
    this.secrets = this.newSecrets();
  }

  /** As a gateway that was started again has it. */
  newSecrets(clock = this.clock): Secrets {
    return new Secrets({ clock, key: () => Promise.resolve(new SealingKey(Buffer.alloc(32, 7))) });
  }

  path(name: string): string {
    return join(this.home, name);
  }

  file(name: string, content: unknown, mode = 0o600): string {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    chmodSync(path, mode);
    return path;
  }

  /** A program of Node; `body` finds its question in `ask` (once standard input has ended) and answers with `say`. */
  program(name: string, body: string): string {
    return this.file(name, `#!${process.execPath}\n${PRELUDE}\n${body}\n`, 0o700);
  }

  /** A program of the protocol that knows these, and writes down each call as a line of `<name>.calls`. */
  keeper(name: string, values: Readonly<Record<string, string>>): string {
    this.file(`${name}.json`, values);
    return this.program(
      name,
      `ask((question) => {
        fs.appendFileSync(__filename + '.calls', JSON.stringify(question) + '\\n');
        const known = JSON.parse(fs.readFileSync(__filename + '.json', 'utf8'));
        if (known.down) process.exit(1);
        const values = Object.fromEntries(question.ids.filter((id) => id in known).map((id) => [id, known[id]]));
        say({ protocolVersion: 1, values });
      });`,
    );
  }

  /** The questions that a keeper was asked so far. */
  calls(name: string): { provider: string; ids: string[] }[] {
    const path = this.path(`${name}.calls`);
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as { provider: string; ids: string[] });
  }

  config(content: unknown): this {
    this.file('.doorward/doorward.json5', content);
    return this;
  }

  load(variables: Readonly<Record<string, string>> = {}, version = 1, secrets = this.secrets): Promise<LoadedConfig> {
    return loadConfig({
      env: new Environment({ HOME: this.home, ...variables }),
      settings: SETTINGS,
      rules: RULES,
      surfaces: SURFACES,
      secrets,
      version,
    });
  }

  /** The error of a load that must fail, as `path: message` lines. */
  async refusal(variables: Readonly<Record<string, string>> = {}, version = 2): Promise<string[]> {
    const error: unknown = await this.load(variables, version).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ConfigError)) throw new Error(`expected a ConfigError, got ${String(error)}`);
    expect(error.exitCode).toBe(78);
    return error.errors.map(({ path, message }) => `${path}: ${message}`);
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

const PRELUDE = `
const fs = require('node:fs');
const ask = (answer) => { let text = ''; process.stdin.on('data', (part) => (text += part)).on('end', () => answer(JSON.parse(text))); };
const say = (value) => process.stdout.write(typeof value === 'string' ? value : JSON.stringify(value));
`;

/** A reference in the place where most examples have it. */
export const tokenFrom = (reference: unknown, secrets: object = {}, more: object = {}): object => ({
  gateway: { auth: { token: reference } },
  secrets: { resolution: { startBudgetMs: 0 }, ...secrets },
  ...more,
});

export const CANARY = 'canary-0123456789abcdefghijklmnopqrstuv';
