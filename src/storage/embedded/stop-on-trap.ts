/** PostgreSQL's way out of a failed statement, as PGlite shows it: an exit with this status, and nothing is wrong. */
const LONGJMP = 100;

/** The calls into PostgreSQL with which PGlite runs a message, and the one that it makes after each exception. */
const CALLS = [
  '_PostgresMainLoopOnce',
  '_PostgresMainLongJmp',
  '_PostgresSendReadyForQueryIfNecessary',
  '_pgl_pq_flush',
  '_IsTransactionBlock',
  'stackRestore',
] as const;

type Module = Record<(typeof CALLS)[number], (...args: unknown[]) => unknown>;

/** The embedded PostgreSQL has panicked (a full disk, a failed sync) or trapped. Only a new start brings it back. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/**
 * Ends a PostgreSQL that has panicked. PGlite's loop swallows whatever is thrown out of WebAssembly and goes round
 * again; after a panic it goes round for ever, and the process with it. `stackRestore` is called outside of its `try`.
 */
export function stopOnTrap(module: unknown): void {
  const calls = module as Module;
  let stopped: Stopped | undefined;
  for (const name of CALLS) {
    const original = calls[name];
    calls[name] = (...args) => {
      if (stopped) throw stopped;
      try {
        return original(...args);
      } catch (error) {
        if ((error as { status?: unknown }).status !== LONGJMP) {
          stopped = new Stopped('the embedded PostgreSQL has stopped', { cause: error });
        }
        throw error;
      }
    };
  }
}
