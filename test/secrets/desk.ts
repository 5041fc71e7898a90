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
import { Readable } from 'node:stream';
import { WHOLE_CONFIG } from '../cli/whole-config.js';
import { cli, type Outcome } from '../cli/in-process.js';

/** The desk of an operator: a home directory, and the command line in it, as it is but in this process. */
export class Desk {
  readonly home = realpathSync(mkdtempSync(join(tmpdir(), 'doorward-desk-')));
  readonly state = join(this.home, '.doorward');

  path(name: string): string {
    return join(this.home, name);
  }

  file(name: string, content: unknown, mode = 0o600): string {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
    chmodSync(path, mode);
    return path;
  }

  /** A file of the state directory. */
  put(name: string, content: unknown, mode = 0o600): string {
    return this.file(join('.doorward', name), content, mode);
  }

  /** A program of Node that stands in for another one. `argv` are its words, `stdin()` what it is told. */
  program(name: string, body: string, mode = 0o755): string {
    return this.file(name, `#!${process.execPath}\n${PRELUDE}\n${body}\n`, mode);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  /** Runs a command; `typed` are the lines of a person at a terminal. */
  run(line: string | readonly string[], { env = {}, typed, input }: Typing = {}): Promise<Outcome> {
    return cli(line, {
      environment: { HOME: this.home, ...env },
      ...WHOLE_CONFIG,
      ...(input !== undefined && { stdin: Readable.from([input]) }),
      ...(typed && { stdin: Object.assign(Readable.from(typed.map((one) => `${one}\n`)), { isTTY: true }) }),
    });
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

interface Typing {
  readonly env?: Readonly<Record<string, string>>;
  readonly typed?: readonly string[];
  /** What is piped in. */
  readonly input?: string;
}

const PRELUDE = `
const fs = require('node:fs');
const argv = process.argv.slice(2);
const stdin = () => fs.readFileSync(0, 'utf8');
`;
