import type { Clock } from './clock.js';

const HOUR_MS = 3_600_000;

/** Does a piece of work every hour, the first time in an hour; `failed` hears why it could not be done. Returns what stops it. */
export function hourly(clock: Clock, work: () => Promise<unknown>, failed: (error: unknown) => void): () => void {
  let cancel = (): void => undefined;
  const plan = (): void => {
    cancel = clock.after(HOUR_MS, () => {
      plan();
      work().catch(failed);
    });
  };
  plan();
  return () => cancel();
}
