import { CliError } from './cli-error.js';

// prettier-ignore
const REMEDIES: Readonly<Record<string, readonly [why: string, remedy: string]>> = {
  EADDRINUSE:    ['is in use',                                  'Stop what listens there, or choose another port with --port or gateway.port.'],
  EACCES:        ['may not be opened by this user',             'Choose a port above 1023 with --port or gateway.port.'],
  EADDRNOTAVAIL: ['is not an address of this machine',          'Correct gateway.bind or gateway.customBindHost.'],
};

/** An error of starting, with the remedy where the system only has a code: exit 1. Others stay as they are. */
export function startFailure(error: unknown): unknown {
  const { code, address, port, syscall } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const row = syscall === 'listen' && code !== undefined ? REMEDIES[code] : undefined;
  if (!row) return error;
  const place =
    port === undefined
      ? 'the port'
      : code === 'EADDRNOTAVAIL'
        ? (address ?? 'it')
        : `port ${port}${address ? ` on ${address}` : ''}`;
  return new CliError(`${place} ${row[0]}`, { code, nextStep: row[1] });
}
