import { chmodSync, closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DescriptorSink, type LineSink } from './line-sink.js';

export interface Rotation {
  /** A file that has reached this size is set aside. */
  readonly maxBytes: number;
  /** How many files are kept beside the current one: `gateway.log.1` is the youngest of them. */
  readonly keep: number;
}

const DEFAULT_ROTATION: Rotation = { maxBytes: 10 * 1024 * 1024, keep: 5 };

/**
 * A log file for its owner's eyes (directory 0700, file 0600, S199) that never outgrows its bound.
 * Throws what the file system throws when it cannot be opened.
 */
export function rotatingFile(path: string, { maxBytes, keep }: Rotation = DEFAULT_ROTATION): LineSink {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let fd = open(path);
  let size = fstatSync(fd).size;

  return new DescriptorSink(fd, async (bytes) => {
    size += bytes;
    if (size < maxBytes) return undefined;
    const aside = await setAside(path, keep);
    size = 0;
    // Not moved (a read-only directory, perhaps): go on in the same file and try again after as much again.
    if (!aside) return undefined;
    const full = fd;
    fd = open(path);
    closeSync(full);
    return fd;
  });
}

function open(path: string): number {
  const fd = openSync(path, 'a', 0o600);
  chmodSync(path, 0o600);
  return fd;
}

/** `gateway.log.4` becomes `.5`, …, `gateway.log` becomes `.1`; the oldest is overwritten. */
async function setAside(path: string, keep: number): Promise<boolean> {
  for (let age = keep - 1; age >= 1; age -= 1) await moved(`${path}.${age}`, `${path}.${age + 1}`);
  return moved(path, `${path}.1`);
}

async function moved(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  );
}
