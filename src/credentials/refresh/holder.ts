import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Which process holds something. `place` is where its number means a process at all: a machine, a start, a container. */
export interface Holder {
  readonly place: string;
  readonly pid: number;
}

export const ownHolder: Holder = { place: ownPlace(), pid: process.pid };

/** Whether the process is known to have ended. One elsewhere is not known to: its time must run out. */
export function hasEnded({ place, pid }: Holder): boolean {
  if (place !== ownHolder.place) return false;
  // Ours already: whatever holds it had our number in an earlier life, as in a container that was started again.
  if (pid === ownHolder.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function ownPlace(): string {
  const parts = [
    hostname(),
    tell(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    tell(() => readlinkSync('/proc/self/ns/pid')),
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

/** Only Linux says so. */
function tell(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return '';
  }
}
