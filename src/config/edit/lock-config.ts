import { dirname } from 'node:path';
import { type HeldLock, lockFile } from '../file-lock.js';
import { makeStateDirectory } from '../state-directory.js';

/** Waits until nobody else changes this config file, there or not: one at a time among all commands and processes. */
export function lockConfig(path: string): Promise<HeldLock> {
  makeStateDirectory(dirname(path));
  return lockFile(path);
}
