import type { LoggerService } from '@nestjs/common';
import type { Log } from '../kernel/log.js';

/** Hands what Nest says to the gateway's log. Its account of starting up is for those who asked to see everything. */
export function nestLogger(log: Log): LoggerService {
  const quiet = (message: unknown, ...rest: unknown[]): void => log.debug(String(message), { part: rest.at(-1) });
  return {
    log: quiet,
    debug: quiet,
    verbose: quiet,
    warn: (message: unknown, ...rest: unknown[]) => log.warn(String(message), { part: rest.at(-1) }),
    error: (message: unknown, ...rest: unknown[]) =>
      log.error(text(message), { part: rest.at(-1), error: failure(message, rest) }),
    fatal: (message: unknown, ...rest: unknown[]) =>
      log.error(text(message), { part: rest.at(-1), error: failure(message, rest) }),
  };
}

const text = (message: unknown): string => (message instanceof Error ? message.message : String(message));

/** Nest passes an error either as the message or as a stack in the second place. */
const failure = (message: unknown, rest: unknown[]): unknown =>
  message instanceof Error ? message : rest.length > 1 ? rest[0] : undefined;
