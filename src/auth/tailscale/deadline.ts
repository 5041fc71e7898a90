import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';

/**
 * Gives `work` so many milliseconds, then aborts its signal. What it throws then becomes an Unavailable that repeats
 * its last words: a command that waits for a person has usually said what for.
 */
export async function withinDeadline<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const cancel = clock.after(ms, () => abort.abort());
  try {
    return await work(abort.signal);
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    const lastWords = error instanceof Error ? error.message : String(error);
    throw new Unavailable(`Tailscale gave no answer within ${ms / 1000} s (${lastWords})`, { cause: error });
  } finally {
    cancel();
  }
}
