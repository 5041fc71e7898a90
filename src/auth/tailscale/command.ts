import { type ExecFileException, execFile } from 'node:child_process';
import { platform } from 'node:os';
import type { TailscaleSettings } from './tailscale.settings.js';

/** The `tailscale` program ran and said no, or there is none. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';

  constructor(
    message: string,
    /** There is no such program. */
    readonly missing = false,
  ) {
    super(message);
  }
}

const MAX_OUTPUT = 1 << 20;
/** The application of macOS brings its command along, outside the PATH. */
const MACOS_APPLICATION = '/Applications/Tailscale.app/Contents/MacOS/Tailscale';

/**
 * Runs `tailscale` with these arguments, without a shell. Returns what it printed; throws CommandFailed with what it
 * complained about. Aborting `signal` kills it.
 */
export async function runTailscale(
  args: readonly string[],
  settings: TailscaleSettings,
  signal: AbortSignal,
): Promise<string> {
  const all = settings.socket === undefined ? args : [`--socket=${settings.socket}`, ...args];
  let failure: unknown;
  for (const program of programs(settings)) {
    try {
      return await run(program, all, signal);
    } catch (error) {
      failure = error;
      if (!(error instanceof CommandFailed) || !error.missing) break;
    }
  }
  throw failure;
}

function programs({ command }: TailscaleSettings): readonly string[] {
  if (command !== undefined) return [command];
  return platform() === 'darwin' ? ['tailscale', MACOS_APPLICATION] : ['tailscale'];
}

function run(program: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { signal, maxBuffer: MAX_OUTPUT, killSignal: 'SIGKILL', windowsHide: true } as const;
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error) reject(failure(program, error, `${stderr}\n${stdout}`));
      else resolve(stdout);
    });
    // It may want to ask a person something: nobody is there.
    child.stdin?.on('error', () => undefined).end();
  });
}

function failure(program: string, error: ExecFileException, output: string): CommandFailed {
  if (error.code === 'ENOENT') return new CommandFailed(`${program}: not found`, true);
  const said = output.replace(/\s+/g, ' ').trim().slice(0, 400);
  return new CommandFailed(said || `it said nothing and ended with ${error.code ?? error.signal}`);
}
