import { type ErrorCode, ERRORS, Refused } from '../../kernel/errors.js';
import { type Call, type CallId, type Entry, isObject, Malformed } from '../frames.js';
import { MAX_BATCH } from '../protocol.js';
import type { Dialect } from './dialect.js';

/** JSON-RPC 2.0, whole: requests, notifications, batches (https://www.jsonrpc.org/specification). */
export const jsonRpc: Dialect = {
  name: 'json-rpc',

  read(frame) {
    if (!Array.isArray(frame)) return readCall(frame);
    if (frame.length === 0) return invalid('an empty batch');
    if (frame.length > MAX_BATCH) return invalid(`a batch of more than ${MAX_BATCH} calls`);
    return frame.map(readCall);
  },

  result: (id, value) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${JSON.stringify(value ?? null)}}`,

  failure: (id, code, error) =>
    JSON.stringify({ jsonrpc: '2.0', id, error: { code: rpcCode(code), message: error.message, data: error } }),

  event: (name, payload) => JSON.stringify({ jsonrpc: '2.0', method: name, params: payload }),
};

function readCall(entry: unknown): Entry {
  if (!isObject(entry) || entry['jsonrpc'] !== '2.0') return invalid('not a JSON-RPC 2.0 request');
  const { id, method, params } = entry;
  if (id !== undefined && !isId(id)) return invalid('id must be a string, a number or null');
  if (typeof method !== 'string') return invalid('method must be a string', id);
  if (params !== undefined && (typeof params !== 'object' || params === null)) {
    return invalid('params must be an object or an array', id);
  }
  return { id: id ?? null, method, params, notification: id === undefined } satisfies Call;
}

const isId = (value: unknown): value is CallId =>
  value === null || typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));

function invalid(what: string, id: CallId = null): Malformed {
  return new Malformed(new Refused('invalid_frame', { message: `invalid request frame: ${what}` }), id);
}

// prettier-ignore
const BY_CODE: Partial<Record<ErrorCode, number>> = {
  parse_error:      -32700,
  invalid_frame:    -32600,
  unknown_method:   -32601,
  pairing_required: -32002,
};

// prettier-ignore
const BY_TYPE = {
  unauthorized:          -32001,
  forbidden:             -32003,
  rate_limited:          -32029,
  insufficient_quota:    -32029,
  invalid_request_error: -32602,
  not_found:             -32602, // the method is there, what its params name is not
  unavailable:           -32603,
  internal_error:        -32603,
} as const;

function rpcCode(code: ErrorCode): number {
  return BY_CODE[code] ?? BY_TYPE[ERRORS[code][1]];
}
