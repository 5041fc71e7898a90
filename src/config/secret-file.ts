import { readFileSync, statSync } from 'node:fs';
import { reasonOf } from './file-reason.js';
import { ConfigError } from './config-error.js';

const MAX_BYTES = 64 * 1024;

/**
 * The secret in the file that `variable` (a `<NAME>_FILE`) names, without its one trailing newline. Throws ConfigError
 * when it cannot be read, is empty, is larger than 64 KiB or is no ordinary file: a pipe would block the start.
 */
export function readSecretFile(variable: string, path: string): string {
  const secret = contentOf(variable, path).replace(/\r?\n$/, '');
  if (secret.trim() === '') throw broken(variable, `names an empty file (${path}); put the secret into it`);
  return secret;
}

function contentOf(variable: string, path: string): string {
  try {
    const stat = statSync(path);
    if (stat.isFile() && stat.size <= MAX_BYTES) return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw broken(variable, `names a file that cannot be read (${path}): ${reasonOf(error)}`);
  }
  throw broken(variable, `must name an ordinary file of at most 64 KiB (${path})`);
}

function broken(variable: string, message: string): ConfigError {
  return new ConfigError([{ path: variable, message }]);
}
