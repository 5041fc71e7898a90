/** The time as the gateway sees it. Tests move it; nothing else in `src` asks the system. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `work` once after `ms` milliseconds, without keeping the process alive. Returns the cancellation. */
  after(ms: number, work: () => void): () => void;
}

export const CLOCK = Symbol('Clock');

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
