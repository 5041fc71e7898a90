import { readFileSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { tooOpen } from '../../config/state-directory.js';
import { reasonOf } from '../../config/file-reason.js';
import { Refused } from '../../kernel/errors.js';
import type { SealingKey } from '../../kernel/seal.js';
import { keyIn } from '../../storage/encryption-key.js';

/**
 * The encryption key in a file of this machine: 64 hex characters, its owner's alone. Throws Refused with what is wrong;
 * what stands in a file that is no key is never repeated.
 */
export function readNewKey(path: string): SealingKey {
  if (!isAbsolute(path)) throw wrong('must be an absolute path on the machine of the gateway');
  try {
    if (!statSync(path).isFile()) throw wrong('is no file');
    const open = tooOpen(path);
    if (open !== undefined) throw wrong(open);
    return keyIn(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof Refused) throw error;
    const isSystem = (error as NodeJS.ErrnoException).code !== undefined;
    throw wrong(
      isSystem ? `cannot be read: ${reasonOf(error)}` : 'does not hold a key: make one with `openssl rand -hex 32`',
    );
  }
}

function wrong(message: string): Refused {
  return new Refused('invalid_request', {
    message: `newKeyFile: ${message}`,
    fields: [{ path: 'newKeyFile', message }],
  });
}
