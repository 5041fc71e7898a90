import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { codeOf, reasonOf } from '../../config/file-reason.js';
import { SecretFailure } from '../secret-resolver.js';

export interface FileLimits {
  readonly maxBytes: number;
  /** Takes a file that others own or may read or change. */
  readonly allowInsecurePath: boolean;
}

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * The bytes of an ordinary file that is its owner's alone. What is checked is what is read: one handle, opened without
 * following a link and without waiting for a pipe, is looked at and then read. Rejects with SecretFailure.
 */
export async function readOwnedFile(path: string, limits: FileLimits): Promise<Buffer> {
  const handle = await openFile(path);
  try {
    refuseStrangeFile(path, await handle.stat(), limits);
    return await readAtMost(handle, path, limits.maxBytes);
  } finally {
    await handle.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // Opening a device may already do something to it: what is obviously none is not opened.
    const seen = await lstat(path);
    if (seen.isSymbolicLink()) throw isLink(path);
    if (!seen.isFile()) throw isNoFile(path);
    return await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (error instanceof SecretFailure) throw error;
    if (codeOf(error) === 'ELOOP') throw isLink(path);
    const isLasting = codeOf(error) !== 'ENOENT'; // it may still be mounted, or written
    throw new SecretFailure(
      `${path} cannot be read: ${reasonOf(error)}`,
      'make the file readable for this user alone',
      {
        isLasting,
      },
    );
  }
}

/** Ownership and mode as the system has them; Windows keeps rights elsewhere, where we cannot look. */
function refuseStrangeFile(path: string, stat: Stats, { maxBytes, allowInsecurePath }: FileLimits): void {
  if (!stat.isFile()) throw isNoFile(path);
  if (stat.size > maxBytes) throw tooLarge(path, maxBytes);
  if (allowInsecurePath) return;
  const open = 'set allowInsecurePath of the provider if that is as it should be';
  if (process.getuid === undefined) {
    throw lasting(`whom ${path} belongs to cannot be verified on this system`, open);
  }
  if (stat.uid !== process.getuid()) {
    throw lasting(`${path} belongs to another user`, `give it to the user that runs the gateway, or ${open}`);
  }
  if ((stat.mode & 0o077) !== 0) {
    const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
    throw lasting(`${path} can be read or changed by others (mode ${mode})`, `run: chmod 600 '${path}'`);
  }
}

/** A file may grow between look and read. */
async function readAtMost(handle: FileHandle, path: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(65_536, maxBytes + 1)));
    if (bytesRead === 0) return Buffer.concat(chunks);
    size += bytesRead;
    if (size > maxBytes) throw tooLarge(path, maxBytes);
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

const lasting = (message: string, remedy: string): SecretFailure =>
  new SecretFailure(message, remedy, { isLasting: true });

const isLink = (path: string): SecretFailure =>
  lasting(`${path} is a symbolic link`, 'name the file itself: a link could be turned to another one');

const isNoFile = (path: string): SecretFailure =>
  lasting(`${path} is no ordinary file`, 'name a file that holds the secret');

const tooLarge = (path: string, maxBytes: number): SecretFailure =>
  lasting(`${path} is larger than ${maxBytes} bytes`, 'raise maxBytes of the provider, or name the right file');
