import { spawn } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { codeOf, reasonOf } from './file-reason.js';

/** A constant: nothing of the configuration ever becomes part of a command line. The first NUL ends what rc files print. */
const PRINT_ENVIRONMENT = 'printf "\\0"; env -0';
const MAX_BYTES = 4 * 1024 * 1024;

export interface ShellAnswer {
  readonly variables: Readonly<Record<string, string>>;
  /** Why the shell gave no answer. */
  readonly warning?: string;
}

/**
 * The user's login shell, asked once at most for its environment: for names that a service manager did not pass on.
 * Keep one of these over all reloads.
 */
export class LoginShell {
  private answer?: Promise<ShellAnswer>;

  /**
   * The variables of `names` that the login shell sets. `variables` is the environment to start it in; its SHELL must
   * be an absolute path, otherwise /bin/sh is used. Killed with its children after `timeoutMs`; a failure is a warning.
   */
  ask(names: readonly string[], variables: Readonly<Record<string, string>>, timeoutMs: number): Promise<ShellAnswer> {
    this.answer ??= askShell(names, variables, timeoutMs);
    return this.answer;
  }
}

async function askShell(
  names: readonly string[],
  variables: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<ShellAnswer> {
  if (process.platform === 'win32')
    return { variables: {}, warning: 'there is no login shell to import from on Windows' };

  const { SHELL = '' } = variables;
  const shell = isAbsolute(SHELL) ? SHELL : '/bin/sh';
  const output = await outputOf(shell, variables, timeoutMs);
  if (output instanceof Error) {
    return { variables: {}, warning: `nothing was imported from the login shell ${shell}: ${output.message}` };
  }
  const wanted = new Set(names);
  const pairs = output.split('\0').slice(1).map(pairOf);
  return { variables: Object.fromEntries(pairs.filter(([name]) => wanted.has(name))) };
}

function pairOf(line: string): [name: string, value: string] {
  const end = line.indexOf('=');
  return [line.slice(0, Math.max(0, end)), line.slice(end + 1)];
}

/** What the shell prints, or the Error that says why it cannot be used. Never rejects: an import is no condition of a start. */
function outputOf(shell: string, env: Readonly<Record<string, string>>, timeoutMs: number): Promise<string | Error> {
  return new Promise((resolve) => {
    // Its own session: it cannot read from our terminal, and its children can be ended with it.
    const child = spawn(shell, ['-l', '-c', PRINT_ENVIRONMENT], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const chunks: Buffer[] = [];
    let size = 0;

    const finish = (result: string | Error): void => {
      clearTimeout(timer);
      child.stdout.destroy();
      endGroup(child.pid);
      resolve(result);
    };
    const timer = setTimeout(() => finish(new Error(`it did not answer within ${timeoutMs} ms`)), timeoutMs);

    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_BYTES) finish(new Error('its environment is larger than 4 MiB'));
    });
    child.on('error', (error) => finish(new Error(reasonOf(error))));
    child.on('close', (code) => {
      finish(
        code === 0 ? Buffer.concat(chunks).toString('utf8') : new Error(`it ended with status ${code ?? 'unknown'}`),
      );
    });
  });
}

/** Ends the shell and whatever its rc files left running. Gone already is as good. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}
