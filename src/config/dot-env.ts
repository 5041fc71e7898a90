import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { exists, textOf } from './config-file.js';
import { ConfigError } from './config-error.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_.]*$/;

/**
 * The variables of the `.env` file in the state directory; none when it is absent. Throws ConfigError when it cannot be
 * read or has a line of another form: the parser takes such a line and the next for one name, and a token would be lost.
 */
export function readDotEnv(stateDir: string): Record<string, string> {
  const path = dotEnvPath(stateDir);
  if (!exists(path)) return {};

  const variables = Object.entries(parseEnv(textOf(path))).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  if (variables.some(([name]) => !NAME.test(name))) {
    throw new ConfigError([{ path, message: 'has a line that is neither NAME=value nor a # comment; correct it' }]);
  }
  return Object.fromEntries(variables);
}

export function dotEnvPath(stateDir: string): string {
  return join(stateDir, '.env');
}
