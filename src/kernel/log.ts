/** What a log line may carry beside its event: plain values, never a secret. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The log as everybody sees it: an event in plain words that can be searched for, and its fields. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export const LOG = Symbol('Log');
