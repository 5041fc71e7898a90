import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorBody, errorHeaders } from '../kernel/error-body.js';
import type { Refused } from '../kernel/errors.js';

/** Answers an upgrade that is not to be, with the same JSON and headers as REST, and ends the socket. */
export function refuseUpgrade(socket: Duplex, refused: Refused, requestId: string): void {
  const body = JSON.stringify(errorBody(refused, requestId));
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestId,
    ...errorHeaders(refused),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  // Whoever does not hang up after the answer is hung up on.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status]}\r\n${lines.join('')}\r\n${body}`);
}
