import { statSync } from 'node:fs';
import { lock } from 'proper-lockfile';

/**
 * As the family locks its stores, so that its programs and ours can share a state directory (reference F.8): a folder
 * `<file>.lock`, believed for 30 s after its last sign of life. Waiting outlasts that, in steps short enough that many
 * who want it at once all get it.
 */
const LOCK = {
  stale: 30_000,
  realpath: false,
  retries: { retries: 150, factor: 1.3, minTimeout: 5, maxTimeout: 400, randomize: true },
};

/** The lock was taken from under us: somebody believed us dead, as after a long sleep of the machine. */
export class LockLost extends Error {
  override readonly name = 'LockLost';
}

/** A lock that is held. */
export interface HeldLock {
  /** Throws LockLost unless it is still ours: to be called right before what it protects is written. */
  check(): void;
  release(): Promise<void>;
}

/** Waits for the lock of a file. Rejects when somebody alive holds it for a minute. */
export async function lockStore(path: string): Promise<HeldLock> {
  let isLost = false;
  const release = await lock(path, { ...LOCK, onCompromised: () => (isLost = true) });
  // Two who remove the same dead lock at once may both believe they have it; only one made the folder that is there.
  const folder = folderOf(path);
  return {
    check: () => {
      if (isLost || folder === undefined || folderOf(path) !== folder)
        throw new LockLost(`the lock of ${path} was lost`);
    },
    release: async () => {
      if (!isLost) await release();
    },
  };
}

function folderOf(path: string): bigint | undefined {
  return statSync(`${path}.lock`, { throwIfNoEntry: false, bigint: true })?.ino;
}
