import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../config/file-reason.js';

/** The bits of a mode that are for anybody but the owner. */
const OTHERS = 0o077;

/** The same mode, kind of file included, with nothing for anybody but the owner. */
export const ownerOnly = (mode: number): number => mode & ~OTHERS;

/**
 * Makes everything below a folder its owner's alone (contract section 1): files 0600, folders 0700. What a link leads to
 * is left alone. A thousand files take some milliseconds, less than looking first which of them need it.
 */
export function narrowFolder(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) narrow(join(entry.parentPath, entry.name), 0o700);
    else if (entry.isFile()) narrow(join(entry.parentPath, entry.name), 0o600);
  }
}

function narrow(path: string, mode: number): void {
  try {
    chmodSync(path, mode);
  } catch (error) {
    // A file system that keeps no modes: there it is the folder above that guards them, or nothing can.
    if (codeOf(error) !== 'EPERM' && codeOf(error) !== 'ENOTSUP') throw error;
  }
}
