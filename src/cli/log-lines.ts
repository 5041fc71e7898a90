import { createReadStream, statSync, watch } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { StringDecoder } from 'node:string_decoder';

/** A place in the log: which file (a rotated one keeps its inode), and how far. */
export interface LogPosition {
  readonly inode: number;
  readonly offset: number;
}

const MAX_ROTATED = 99;

/**
 * The last `count` matching lines of a log and its rotated files, oldest first, and where the current file ended.
 * `end` is undefined when there is no such file.
 */
export async function lastLines(
  file: string,
  count: number,
  matches: (line: string) => boolean,
): Promise<{ readonly lines: string[]; readonly end: LogPosition | undefined }> {
  const stat = statSync(file, { throwIfNoEntry: false });
  const files: string[][] = [];
  let missing = count;
  for (let age = 0; age <= MAX_ROTATED && missing > 0; age += 1) {
    const path = age === 0 ? file : `${file}.${age}`;
    const size = age === 0 ? stat?.size : statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined && age > 0) break;
    const lines = size ? await linesOf(path, size, missing, matches) : [];
    files.unshift(lines);
    missing -= lines.length;
  }
  return { lines: files.flat(), end: stat && { inode: stat.ino, offset: stat.size } };
}

async function linesOf(
  path: string,
  size: number,
  count: number,
  matches: (line: string) => boolean,
): Promise<string[]> {
  const kept: string[] = [];
  for await (const line of createInterface({ input: createReadStream(path, { end: size - 1 }), crlfDelay: Infinity })) {
    if (!matches(line)) continue;
    kept.push(line);
    // Twice the number before cutting, so that a long file costs no shift per line.
    if (kept.length > count * 2) kept.splice(0, kept.length - count);
  }
  return count === 0 ? [] : kept.slice(-count);
}

/**
 * Hands over every complete line that is written after `from`, through rotations, for ever. Waits for the file if it
 * is not there yet.
 */
export async function followLines(
  file: string,
  from: LogPosition | undefined,
  take: (line: string) => void,
): Promise<never> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const changes = changesIn(dirname(file));
  let reader = from && (await Reader.open(file, from.offset));
  for (;;) {
    await reader?.readOn(take);
    const inode = statSync(file, { throwIfNoEntry: false })?.ino;
    if (inode !== undefined && inode !== reader?.inode) {
      // What was written to the old file between our last look and its renaming.
      await reader?.readOn(take);
      await reader?.close();
      reader = await Reader.open(file, 0);
    } else {
      await changes.next();
    }
  }
}

/** Reads a file from a place on, line by line. */
class Reader {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  private constructor(
    private readonly handle: FileHandle,
    readonly inode: number,
    private offset: number,
  ) {}

  static async open(file: string, offset: number): Promise<Reader> {
    const handle = await open(file, 'r');
    return new Reader(handle, (await handle.stat()).ino, offset);
  }

  async readOn(take: (line: string) => void): Promise<void> {
    const { size } = await this.handle.stat();
    if (size < this.offset) this.offset = 0; // somebody has emptied it
    const chunk = Buffer.alloc(64 * 1024);
    for (;;) {
      const { bytesRead } = await this.handle.read(chunk, 0, chunk.length, this.offset);
      if (bytesRead === 0) return;
      this.offset += bytesRead;
      const lines = (this.rest + this.decoder.write(chunk.subarray(0, bytesRead))).split('\n');
      this.rest = lines.pop()!;
      lines.forEach(take);
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** A look now and then as well: network file systems tell nobody of changes. */
const LOOK_AGAIN_MS = 1000;

/** `next` resolves at the first change since it was last called, or after a second. */
function changesIn(directory: string): { next(): Promise<void> } {
  let changed = false;
  let wake = (): void => {};
  watch(directory, () => {
    changed = true;
    wake();
  });
  return {
    async next() {
      if (!changed) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, LOOK_AGAIN_MS);
          wake = () => (clearTimeout(timer), resolve());
        });
      }
      changed = false;
    },
  };
}
