import type { LoggerService } from '@nestjs/common';
import type { Log } from '../kernel/log.js';

/** Hands Nest's warnings and errors to the gateway's log. Its long account of how it wires itself together goes nowhere. */
export function nestLogger(log: Log): LoggerService {
  return {
    log() {},
    debug() {},
    verbose() {},
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
