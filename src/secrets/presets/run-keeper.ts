import { execFile } from 'node:child_process';

export interface KeeperRun {
  /** Absolute. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface KeeperOutcome {
  /** 0 when all went well; undefined when it was ended, or could not be started. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const TIMEOUT_MS = 25_000;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Runs a keeper's program without a shell and without input. It stays in our process group: whoever ends us ends it and
 * what it has started (S158).
 */
export function runKeeper({ program, args, env }: KeeperRun): Promise<KeeperOutcome> {
  return new Promise((resolve) => {
    const limits = { timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES, killSignal: 'SIGKILL' } as const;
    const child = execFile(
      program,
      [...args],
      { ...limits, env, shell: false, encoding: 'utf8' },
      (error, stdout, stderr) => {
        const code: unknown = error === null ? 0 : error.code;
        resolve({ status: typeof code === 'number' ? code : undefined, stdout, stderr });
      },
    );
    child.stdin?.end();
  });
}
