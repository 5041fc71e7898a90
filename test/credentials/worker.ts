import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '../helpers/until.js';

const ROOT = join(__dirname, '../..');

/** `refresh-worker.ts` in a process of its own. */
export class Worker {
  readonly lines: string[] = [];
  private errors = '';
  private readonly ended: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    createInterface({ input: child.stdout! }).on('line', (line) => this.lines.push(line));
    child.stderr!.on('data', (part: Buffer) => (this.errors += part.toString()));
    this.ended = once(child, 'close');
  }

  static async start(stateDir: string, issuer: string, stopAt?: string): Promise<Worker> {
    const loader = join(ROOT, 'test/helpers/typescript.mjs');
    const args = ['--import', loader, join(__dirname, 'refresh-worker.ts'), stateDir, issuer];
    const worker = new Worker(
      spawn(process.execPath, [...args, ...(stopAt === undefined ? [] : [stopAt])], { cwd: ROOT, stdio: 'pipe' }),
    );
    await worker.line(/^ready$/);
    return worker;
  }

  /** Lets `users` come at once; does not wait for them. */
  come(users: number): void {
    this.child.stdin!.write(`${users}\n`);
  }

  /** What they got, and how many of them. */
  async got(): Promise<[answer: string, users: number][]> {
    return JSON.parse((await this.line(/^got /)).slice(4)) as [string, number][];
  }

  /** Resolves with the first line like that. */
  async line(pattern: RegExp): Promise<string> {
    const found = (): string | undefined => this.lines.find((line) => pattern.test(line));
    await until(`${pattern} of a worker`, () => found() !== undefined || this.child.exitCode !== null);
    const line = found();
    if (line === undefined) throw new Error(`the worker ended without ${pattern}: ${this.errors}`);
    return line;
  }

  /** At once, as when the power fails. */
  kill(): Promise<unknown> {
    this.child.kill('SIGKILL');
    return this.ended;
  }
}
