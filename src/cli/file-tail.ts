import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The last bytes of a file, at most `most`, as text; the rest is not read. Throws what the file system says. */
export function fileTail(path: string, most: number): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const length = Math.min(size, most);
    const bytes = Buffer.alloc(length);
    const read = readSync(file, bytes, 0, length, size - length);
    return bytes.toString('utf8', 0, read);
  } finally {
    closeSync(file);
  }
}
