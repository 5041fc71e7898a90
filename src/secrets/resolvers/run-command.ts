import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { codeOf, reasonOf } from '../../config/file-reason.js';
import type { Clock } from '../../kernel/clock.js';
import { SecretFailure } from '../secret-resolver.js';

export interface Run {
  /** What is executed. */
  readonly program: string;
  /** What it is told that it is called. */
  readonly name: string;
  readonly args: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Written to its standard input. */
  readonly input: string;
  readonly timeoutMs: number;
  /** The longest silence, in milliseconds. */
  readonly silenceMs: number;
  /** Of both outputs together. */
  readonly maxBytes: number;
  readonly clock: Clock;
}

/** How long a pipe may stay open that somebody outside the group still holds, in milliseconds. */
const DRAIN_MS = 250;

/**
 * What a program prints to its standard output. No shell; a process group of its own, which is killed whole when the
 * program has ended or has to be ended, so that nothing of it stays behind (S158). What it prints to standard error is
 * counted and forgotten: it may hold anything. Rejects with SecretFailure.
 */
export function runCommand(run: Run): Promise<string> {
  const { program, name, args, env, clock } = run;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      argv0: name,
      cwd: dirname(program),
      env,
      shell: false,
      detached: true,
      stdio: 'pipe',
    });
    const output: Buffer[] = [];
    let size = 0;
    let stopSilence = (): void => {};
    let isOver = false;

    const finish = (failure?: SecretFailure): void => {
      if (isOver) return;
      isOver = true;
      stopClock();
      stopSilence();
      endGroup(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
      child.stdin.destroy();
      if (failure) reject(failure);
      else resolve(Buffer.concat(output).toString('utf8'));
    };
    const stopClock = clock.after(run.timeoutMs, () =>
      finish(
        new SecretFailure(`did not end within ${run.timeoutMs} ms`, 'raise timeoutMs of the provider, or look why'),
      ),
    );
    const listen = (): void => {
      stopSilence();
      stopSilence = clock.after(run.silenceMs, () =>
        finish(
          new SecretFailure(
            `said nothing for ${run.silenceMs} ms`,
            'raise noOutputTimeoutMs of the provider, or look why',
          ),
        ),
      );
    };
    const hear = (chunk: Buffer, isOutput: boolean): void => {
      size += chunk.length;
      if (size > run.maxBytes) {
        finish(new SecretFailure(`printed more than ${run.maxBytes} bytes`, 'raise maxOutputBytes of the provider'));
      } else {
        if (isOutput) output.push(chunk);
        listen();
      }
    };
    listen();
    child.stdout.on('data', (chunk: Buffer) => hear(chunk, true));
    child.stderr.on('data', (chunk: Buffer) => hear(chunk, false));
    child.on('error', (error) => {
      finish(
        new SecretFailure(`could not be started: ${reasonOf(error)}`, 'run it by hand as this user', { cause: error }),
      );
    });
    child.on('exit', () => {
      endGroup(child.pid); // whatever still holds its pipes
      const hangUp = (): void => void [child.stdout, child.stderr].forEach((pipe) => pipe.destroy());
      child.once('close', clock.after(DRAIN_MS, hangUp));
    });
    child.on('close', (code, signal) => finish(code === 0 ? undefined : ended(code, signal)));
    write(child, run.input);
  });
}

/** A program that needs no question closes its input, or ends, before it has read it. */
function write({ stdin }: ChildProcessWithoutNullStreams, input: string): void {
  stdin.on('error', () => undefined);
  stdin.end(input);
}

function ended(code: number | null, signal: NodeJS.Signals | null): SecretFailure {
  const how = code === null ? `was ended by ${signal ?? 'a signal'}` : `ended with status ${code}`;
  return new SecretFailure(how, 'run it by hand as this user, with the same variables, to see why');
}

/** Gone already is as good. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH' && codeOf(error) !== 'EPERM') throw error; // EPERM: it became another user's, or a zombie
  }
}
