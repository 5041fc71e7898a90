import type { CallId, Entry } from '../frames.js';
import type { NativeError } from '../native-errors.js';
import type { ErrorCode } from '../../kernel/errors.js';

/** One way of putting calls, answers and events into text frames. Has no state: one object serves every socket. */
export interface Dialect {
  readonly name: 'json-rpc' | 'native';
  /** The calls of a parsed frame. An array is a batch and is answered by one frame. */
  read(frame: unknown): Entry | readonly Entry[];
  /** The answer to `id`. A result of undefined becomes null. */
  result(id: CallId, value: unknown): string;
  /** The refusal of `id`: `code` is ours, `error` what the native dialect calls it. */
  failure(id: CallId, code: ErrorCode, error: NativeError): string;
  /** An event that nobody asked for; `seq` counts the events of this socket. */
  event(name: string, payload: unknown, seq: number): string;
}
