import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

/** Whether a request asks for an upgrade that is no WebSocket, and could as well be answered without one. */
export function isPlain({ headers, method }: IncomingMessage): boolean {
  const wanted = headers.upgrade?.toLowerCase();
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  return wanted !== 'websocket' && (method === 'GET' || method === 'HEAD') && !hasBody;
}

/**
 * Answers such a request by HTTP/1.1, as RFC 9110 section 7.8 lets a server do: Java's client asks for `h2c` with each
 * of its requests. Node hands all of them to the listener of upgrades, without a response; the route is the usual one.
 */
export function answerPlainly(server: Server, request: IncomingMessage, socket: Duplex): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  // As Node hangs up: whoever keeps their half open would else hold the connection.
  response.once('finish', () => (socket as Socket).destroySoon());
  server.emit('request', request, response);
}
