import { setFlagsFromString } from 'node:v8';

/** As many calls as V8 needs to compile `nextTick` for good, and some more: one or two milliseconds. */
const CALLS = 10_000;

/** Sets V8 up for requests: many, short, and all alike. What each step is worth stands in bench/README.md. */
export function prepareEngine(): Promise<void> {
  keepYoung();
  return warmTicks();
}

/**
 * Objects begin in the young generation, all of them. V8 would make those of a place in the code old from the start
 * where some have lived long, as those of the start do: an object of a request that is over then keeps all that it
 * names through every young collection, the whole request as a rule.
 */
function keepYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}

/**
 * Calls `process.nextTick` so often that V8 compiles it before the start of everything else gets in between. A garbage
 * collection between two early calls makes V8 give up caching the object that each call makes, for the life of the
 * process: 310 instead of 75 ns on Node 20, and every request makes a dozen such calls.
 */
function warmTicks(): Promise<void> {
  return new Promise((resolve) => {
    let left = CALLS;
    const next = (): void => {
      if (left-- > 0) process.nextTick(next);
      else resolve();
    };
    next();
  });
}
