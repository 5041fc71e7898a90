import { EXIT } from './cli-error.js';

/** Hears SIGTERM, SIGINT, and the end of a parent that started us with a channel. */
export interface StopSignals {
  /** Resolves with what asked first. */
  readonly first: Promise<string>;
  /** Stops hearing. */
  release(): void;
}

/**
 * From now on the first request to stop is kept for whoever waits for it, so that none is lost while a gateway starts
 * (process 1 of a container has no other way to hear). The second one ends the process on the spot.
 */
export function stopSignals(): StopSignals {
  let ask: (cause: string) => void;
  const first = new Promise<string>((resolve) => (ask = resolve));
  let asked = false;
  const stop = (cause: string): void => {
    if (asked) process.exit(EXIT.failed);
    asked = true;
    ask(cause);
  };
  const orphaned = (): void => stop('the parent is gone');
  process.on('SIGTERM', stop).on('SIGINT', stop).once('disconnect', orphaned);
  return {
    first,
    release: () => void process.off('SIGTERM', stop).off('SIGINT', stop).off('disconnect', orphaned),
  };
}
