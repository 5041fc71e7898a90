import type { FieldError } from '../kernel/errors.js';
import { fromText } from './convert.js';
import { isShellTimeout, SHELL_TIMEOUT_MS } from './env-block.js';
import { type Environment, spellings } from './environment.js';
import type { LoginShell } from './login-shell.js';
import { PROVIDER_KEY_NAMES } from './provider-keys.js';
import type { SettingSpec } from './setting-list.js';
import type { Sources } from './sources.js';

export interface ShellImport {
  /** With what the login shell knew below everything else. */
  readonly environment: Environment;
  readonly warnings: readonly string[];
  readonly errors: readonly FieldError[];
}

/**
 * Lays the missing ones of the expected names below the environment, taken from the login shell: the
 * variables of all settings, and those in which people keep provider keys. Does nothing unless `env.shellEnv.enabled`
 * or DOORWARD_LOAD_SHELL_ENV says so.
 */
export async function importFromShell(
  { environment, shell }: Pick<Sources, 'environment' | 'shell'>,
  specs: readonly SettingSpec[],
  loginShell: LoginShell,
): Promise<ShellImport> {
  const enabled = switchOf(environment, shell.enabled);
  const timeoutMs = timeoutOf(environment, shell.timeoutMs);
  const errors = [enabled, timeoutMs].filter((result): result is FieldError => typeof result === 'object');
  if (errors.length > 0 || enabled !== true || typeof timeoutMs !== 'number')
    return { environment, warnings: [], errors };

  const names = [
    ...new Set(specs.flatMap(({ traits }) => traits.env ?? [])),
    ...PROVIDER_KEY_NAMES.map((name) => `!${name}`),
  ];
  const missing = names.filter((name) => !environment.find(name) && !environment.find(`${name}_FILE`));
  if (missing.length === 0) return { environment, warnings: [], errors };

  const { variables, warning } = await loginShell.ask(names.flatMap(spellings), environment.own(), timeoutMs);
  const wanted = new Set(missing.flatMap(spellings));
  const imported = Object.fromEntries(Object.entries(variables).filter(([name]) => wanted.has(name)));
  return {
    environment: environment.below(imported, 'shell env'),
    warnings: warning === undefined ? [] : [warning],
    errors,
  };
}

function switchOf(environment: Environment, written: boolean | undefined): boolean | FieldError {
  const found = environment.find('LOAD_SHELL_ENV');
  if (!found) return written ?? false;
  const value = fromText(found.value, 'boolean');
  return typeof value === 'boolean' ? value : { path: found.variable, message: 'must be true or false' };
}

function timeoutOf(environment: Environment, written: number | undefined): number | FieldError {
  const found = environment.find('SHELL_ENV_TIMEOUT_MS');
  if (!found) return written ?? SHELL_TIMEOUT_MS;
  const value = fromText(found.value, 'number');
  return isShellTimeout(value)
    ? value
    : { path: found.variable, message: 'must be a whole number of milliseconds, 120000 at most' };
}
