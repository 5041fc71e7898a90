import type { FieldError } from '../kernel/errors.js';

/** EX_CONFIG of sysexits.h: the configuration is wrong, and starting again will not help. */
export const EXIT_CONFIG = 78;

/**
 * Everything that is wrong with a configuration, together (contract section 1). The message is for a terminal: one
 * line per error, `path: rule; remedy`. It never holds the value of a secret.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly exitCode = EXIT_CONFIG;

  /** `file` is the config file that was read, where there is one. */
  constructor(
    readonly errors: readonly FieldError[],
    readonly file?: string,
  ) {
    super(report(errors, file));
  }
}

function report(errors: readonly FieldError[], file: string | undefined): string {
  const where = file === undefined ? '' : ` (${file})`;
  const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
  const lines = errors.map(({ path, message }) => `  ${path}: ${message}`);
  return [`The configuration has ${count}${where}:`, ...lines].join('\n');
}
