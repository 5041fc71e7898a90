import { statSync } from 'node:fs';
import { lock } from 'proper-lockfile';

/**
 * As the family locks its files, so that its programs and ours can share a state directory (reference F.8): a folder
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
export async function lockFile(path: string): Promise<HeldLock> {
  let isLost = false;
  const release = await lock(path, { ...LOCK, onCompromised: () => (isLost = true) });
  // Two who remove the same dead lock at once may both believe they have it; only one made the folder that is there.
  const folder = folderOf(path);
  const isOurs = (): boolean => !isLost && folder !== undefined && folderOf(path) === folder;
  return {
    check: () => {
      if (!isOurs())
        throw new LockLost(`nothing was written: another program took the lock of ${path} meanwhile; try again`);
    },
    release: async () => {
      if (isOurs()) await release(); // else it would take somebody else's away
    },
  };
}

/** Which folder it is: file systems give the number of one that was removed to the next that is made. */
function folderOf(path: string): string | undefined {
  const stat = statSync(`${path}.lock`, { throwIfNoEntry: false, bigint: true });
  return stat && `${stat.ino} ${stat.birthtimeNs}`;
}
