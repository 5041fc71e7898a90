/** From the quietest to the loudest. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** The named fields of a log line. Anything else is allowed beside them; what sounds like a secret is never written. */
export interface LogFields {
  /** A fixed name for machines, such as `auth.failed`; the message is for people. */
  readonly event?: string;
  readonly code?: string;
  readonly requestId?: string;
  readonly method?: string;
  readonly tenant?: string;
  /** Who, as method and subject; never a credential. */
  readonly principal?: string;
  readonly outcome?: string;
  readonly clientIp?: string;
  readonly durationMs?: number;
  /** What was thrown. */
  readonly error?: unknown;
  readonly [name: string]: unknown;
}

/** Where the gateway says what happens: `log.warn('auth failed', { event: 'auth.failed', code, requestId })`. */
export interface Log {
  /** False where nobody hears `debug`: what is told of every request need not be put together then. */
  readonly isVerbose?: boolean;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Nest's name for the log. */
export const LOG = Symbol('Log');

/** Says nothing: for tests, and for parts that run before there is a log. */
export const SILENT_LOG: Log = { debug() {}, info() {}, warn() {}, error() {} };
