import { fstatSync, write, writeSync } from 'node:fs';

/** Takes finished lines and sees to it that they arrive. */
export interface LineSink {
  /** Accepts a line that ends in a line break, at once and without waiting for the disk. */
  write(line: string): void;
  /** Resolves when everything accepted so far has been written or given up. */
  flush(): Promise<void>;
  /** Writes what is left before the process ends; the only call that blocks. */
  flushSync(): void;
}

/** More than this is waiting only if the disk or the reader has stopped; then lines are counted instead of kept. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 5;
/** So long the first line of a write waits for others: under load a write each cost a fifth of a connection. */
const GATHER_MS = 10;

/** Called between two writes with the bytes written last; may answer with the descriptor to go on with. */
export type AfterWrite = (bytes: number) => Promise<number | undefined>;

/** Writes lines to a file descriptor, many at a time, one write at a time, off the event loop. */
export class DescriptorSink implements LineSink {
  private waiting: string[] = [];
  private waitingBytes = 0;
  private lost = 0;
  private underway: { bytes: Buffer; sizeBefore: number | undefined } | undefined;
  private pumping: Promise<void> | undefined;
  private hurry: (() => void) | undefined;
  private broken = false;

  constructor(
    private fd: number,
    private readonly afterWrite?: AfterWrite,
  ) {}

  write(line: string): void {
    if (this.broken) return;
    if (this.waitingBytes > MAX_WAITING_BYTES) {
      this.lost += 1;
      return;
    }
    this.waiting.push(line);
    this.waitingBytes += line.length;
    this.pumping ??= this.pump();
  }

  async flush(): Promise<void> {
    this.hurry?.();
    while (this.pumping) await this.pumping;
  }

  flushSync(): void {
    if (this.broken) return;
    const unfinished = this.underway
      ? remainder(this.fd, this.underway.bytes, this.underway.sizeBefore)
      : Buffer.alloc(0);
    const rest = Buffer.concat([unfinished, this.takeWaiting()]);
    this.underway = undefined;
    try {
      for (let at = 0; at < rest.length;) at += writeSync(this.fd, rest, at);
    } catch {
      // The process is ending and has nowhere left to say so.
      this.broken = true;
    }
  }

  private async pump(): Promise<void> {
    while (this.waiting.length > 0 && !this.broken) {
      await this.gather();
      const bytes = this.takeWaiting();
      await this.writeWhole(bytes);
      this.fd = (await this.afterWrite?.(bytes.length)) ?? this.fd;
    }
    this.pumping = undefined;
  }

  /** Lets the lines of a moment become one write; `flush` does not wait for it. */
  private async gather(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.hurry = resolve;
      timer = setTimeout(resolve, GATHER_MS);
    });
    clearTimeout(timer);
  }

  private takeWaiting(): Buffer {
    if (this.lost > 0)
      this.waiting.push(`{"level":"warn","msg":"log lines lost","event":"log.lost","count":${this.lost}}\n`);
    const bytes = Buffer.from(this.waiting.join(''));
    this.waiting = [];
    this.waitingBytes = 0;
    this.lost = 0;
    return bytes;
  }

  private async writeWhole(bytes: Buffer): Promise<void> {
    let left = bytes;
    while (left.length > 0 && !this.broken) {
      this.underway = { bytes: left, sizeBefore: fileSize(this.fd) };
      const { written, error } = await writeOnce(this.fd, left);
      if (this.underway === undefined) return; // flushSync has taken it over
      left = left.subarray(written);
      if (error?.code === 'EAGAIN') await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      else if (error?.code === 'ENOSPC') break;
      else if (error) this.broken = true;
    }
    // A full disk loses this batch and keeps the gateway.
    if (left.length > 0) this.lost += 1;
    this.underway = undefined;
  }
}

function writeOnce(fd: number, bytes: Buffer): Promise<{ written: number; error?: NodeJS.ErrnoException | null }> {
  return new Promise((resolve) => write(fd, bytes, (error, written) => resolve({ written: written ?? 0, error })));
}

/** The size of a regular file, or undefined for a pipe or a terminal, which cannot say how much has arrived. */
function fileSize(fd: number): number | undefined {
  const stat = fstatSync(fd);
  return stat.isFile() ? stat.size : undefined;
}

const PATIENCE_MS = 50;

/** What of a write in a worker thread has not arrived yet, after giving it a moment to do so. */
function remainder(fd: number, bytes: Buffer, sizeBefore: number | undefined): Buffer {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  if (sizeBefore === undefined) {
    Atomics.wait(pause, 0, 0, RETRY_MS);
    return Buffer.alloc(0);
  }
  const arrived = (): number => Math.max(0, fstatSync(fd).size - sizeBefore);
  for (let waited = 0; arrived() < bytes.length && waited < PATIENCE_MS; waited += 1) Atomics.wait(pause, 0, 0, 1);
  return bytes.subarray(arrived());
}
