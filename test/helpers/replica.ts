import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliHome, type Finished, type RunningCli } from './cli.js';
import { type Reply, type RequestOptions, send } from './gateway.js';
import { until } from './until.js';

export interface ReplicaOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, unknown>>;
  /** The home of an earlier one, to start again on what it left. */
  readonly home?: CliHome;
  readonly args?: readonly string[];
}

/** The built program as a gateway of its own, in a process and a home of its own. */
export class Replica {
  private constructor(
    readonly home: CliHome,
    readonly running: RunningCli,
    readonly port: number,
  ) {}

  /** Resolves when it listens. The program must have been built. */
  static async start({ env, config, home = new CliHome(), args = [] }: ReplicaOptions = {}): Promise<Replica> {
    if (config) writeConfig(home, config);
    const running = home.start(['gateway', 'run', '--port', '0', ...args], { env });
    const [, port] = await running.until(/Address +http:\/\/127\.0\.0\.1:(\d+)/);
    return new Replica(home, running, Number(port));
  }

  call(path: string, options: RequestOptions = {}): Promise<Reply> {
    return send(this.port, path, options);
  }

  get(path: string, headers?: RequestOptions['headers']): Promise<Reply> {
    return this.call(path, { headers });
  }

  /** What the log file says so far, line by line. */
  log(): Record<string, unknown>[] {
    const path = join(this.home.stateDir, 'logs', 'gateway.log');
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Resolves when the log has `count` lines with this message; returns the last one. */
  async logged(message: string, count = 1): Promise<Record<string, unknown>> {
    const found = (): Record<string, unknown>[] => this.log().filter(({ msg }) => msg === message);
    await until(`"${message}" in the log`, () => found().length >= count);
    return found().at(-1)!;
  }

  /** Replaces the config file and sends SIGHUP; resolves with the line of the log that tells what came of it. */
  async reload(config: Readonly<Record<string, unknown>> | string): Promise<Record<string, unknown>> {
    // The changed file is noticed as well; what is waited for is the answer to the signal.
    const told = (): Record<string, unknown>[] =>
      this.log().filter(
        ({ msg, trigger }) => String(msg).startsWith('config: reload') && /signal/.test(String(trigger)),
      );
    const before = told().length;
    writeConfig(this.home, config);
    this.running.child.kill('SIGHUP');
    await until('the reload', () => told().length > before);
    return told().at(-1)!;
  }

  /** Resolves when it has ended, with everything that it printed. */
  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    this.running.child.kill(signal);
    return this.running.finished();
  }
}

function writeConfig(home: CliHome, config: Readonly<Record<string, unknown>> | string): void {
  mkdirSync(home.stateDir, { recursive: true, mode: 0o700 });
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  writeFileSync(join(home.stateDir, 'doorward.json5'), text, { mode: 0o600 });
}
