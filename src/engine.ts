/** As many calls as V8 needs to compile `nextTick` for good, and some more: one or two milliseconds. */
const CALLS = 10_000;

/**
 * Calls `process.nextTick` so often that V8 compiles it before the start of everything else gets in between. A garbage
 * collection between two early calls makes V8 give up caching the object that each call makes, for the life of the
 * process: 310 instead of 75 ns on Node 20, and every request makes a dozen such calls (bench/README.md).
 */
export function warmTicks(): Promise<void> {
  return new Promise((resolve) => {
    let left = CALLS;
    const next = (): void => {
      if (left-- > 0) process.nextTick(next);
      else resolve();
    };
    next();
  });
}
