import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(__dirname, '..', '..');

/** The built program; DOORWARD_TEST_PROGRAM tries another one, such as an installed package. */
export const PROGRAM = process.env['DOORWARD_TEST_PROGRAM'] ?? join(root, 'dist', 'cli.js');

/** Builds the program if it is not up to date; to be called in `beforeAll`. */
export async function built(): Promise<void> {
  if (process.env['DOORWARD_TEST_PROGRAM'] !== undefined) return;
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'build-if-needed.mjs')]);
  if (!existsSync(PROGRAM)) throw new Error(`the build left no ${PROGRAM}`);
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs in its own home, with a standard input that stays open and silent unless something is written. */
export class RunningCli {
  stdout = '';
  stderr = '';
  private readonly arrivals = new Set<() => void>();

  constructor(readonly child: ChildProcess) {
    child.once('close', () => this.wake());
    child.stdout!.setEncoding('utf8').on('data', (text: string) => this.arrived('stdout', text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => this.arrived('stderr', text));
  }

  /** Resolves with the match as soon as the pattern has appeared; rejects if the command ends before. */
  async until(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this[stream]);
      if (match) return match;
      if (this.child.exitCode !== null)
        throw new Error(`ended with ${this.child.exitCode}:\n${this.stdout}\n${this.stderr}`);
      await new Promise<void>((wake) => this.arrivals.add(wake));
    }
  }

  async finished(): Promise<Finished> {
    const code = this.child.stdout!.closed
      ? this.child.exitCode
      : ((await once(this.child, 'close'))[0] as number | null);
    return { code, stdout: this.stdout, stderr: this.stderr };
  }

  private arrived(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    this.wake();
  }

  private wake(): void {
    for (const wake of this.arrivals) wake();
    this.arrivals.clear();
  }
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is then closed. */
  readonly input?: string;
}

/** A home directory of its own, and the commands that run in it. */
export class CliHome {
  readonly path = mkdtempSync(join(tmpdir(), 'doorward-cli-'));
  readonly stateDir = join(this.path, '.doorward');
  private readonly started: RunningCli[] = [];

  start(args: readonly string[], { env = {}, input }: CliOptions = {}): RunningCli {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      env: { PATH: process.env['PATH'], HOME: this.path, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    if (input !== undefined) child.stdin.end(input);
    const running = new RunningCli(child);
    this.started.push(running);
    return running;
  }

  run(args: readonly string[], options?: CliOptions): Promise<Finished> {
    return this.start(args, options).finished();
  }

  /** Ends what still runs and removes the directory. */
  async remove(): Promise<void> {
    for (const running of this.started) {
      if (running.child.exitCode !== null || running.child.signalCode !== null) continue;
      running.child.kill('SIGKILL');
      await running.finished();
    }
    rmSync(this.path, { recursive: true, force: true });
  }
}
