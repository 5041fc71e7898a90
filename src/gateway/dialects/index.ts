import { isObject } from '../frames.js';
import type { Dialect } from './dialect.js';
import { jsonRpc } from './json-rpc.js';
import { native } from './native.js';

/** The dialect of a socket is that of its first frame: native frames have a `type`, all others are JSON-RPC's to judge. */
export function dialectOf(frame: unknown): Dialect {
  return isObject(frame) && 'type' in frame && !('jsonrpc' in frame) ? native : jsonRpc;
}

/** The server's first frame, valid in both dialects (contract section 4). The nonce is a UUID: nothing in it needs quoting. */
export function challengeFrame(nonce: string, ts: number): string {
  const challenge = `{"nonce":"${nonce}","ts":${ts}}`;
  const event = 'connect.challenge';
  return `{"type":"event","event":"${event}","payload":${challenge},"jsonrpc":"2.0","method":"${event}","params":${challenge}}`;
}
