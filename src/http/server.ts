import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ConfigSnapshot } from '../config/settings.js';
import { errorBody, errorHeaders } from '../kernel/error-body.js';
import { type ErrorCode, Refused } from '../kernel/errors.js';
import { HttpSettings } from './http.settings.js';

const HEADERS_TIMEOUT_MS = 10_000;

/** The HTTP server under Nest: bounds on everything that arrives, our own words for what it cannot read. */
export function httpServer(config: ConfigSnapshot): FastifyAdapter {
  const { bodyLimit, requestTimeoutMs } = config.get(HttpSettings);
  return new FastifyAdapter({
    bodyLimit,
    requestTimeout: requestTimeoutMs,
    http: {
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 1000,
      requireHostHeader: false, // host-required.ts does, and says why
    },
    genReqId: () => randomUUID(),
    // Only kernel/net.ts reads forwarding headers: the framework would believe them from anybody (S041).
    trustProxy: false,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: false, caseSensitive: true },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const refused = new Refused('invalid_request', { message: error.message });
      void reply.status(refused.status).headers(bareHeaders(request.id)).send(errorBody(refused, request.id));
    },
    clientErrorHandler: answerUnreadable,
  });
}

/** What Node would do by itself, and should not: drop headers, invite bodies, hang up without a word. */
export function holdNothingBack(server: Server): void {
  // Node keeps the first thousand headers and drops the rest in silence: an X-Forwarded-For behind them would be lost,
  // and its caller pass for this machine (S001, S206). What may come in all is bounded by bytes.
  server.maxHeadersCount = 0;
  // The invitation to send a body waits until the door has let the caller in (S204).
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    server.emit('request', request, response);
  });
  server.on('connect', (_request, socket) => refuse(socket as Socket, 'method_not_implemented'));
}

const UNREADABLE: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_INVALID_METHOD: 'method_not_implemented',
};

/** Answers what never became a request, and hangs up: what follows in the same bytes is not read (S224). */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  refuse(socket, UNREADABLE[error.code ?? ''] ?? 'invalid_request');
}

/** For answers that no hook has seen. */
const bareHeaders = (requestId: string): Record<string, string> => ({
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Request-Id': requestId,
});

function refuse(socket: Socket, code: ErrorCode): void {
  const refused = new Refused(code);
  const id = randomUUID();
  const body = JSON.stringify(errorBody(refused, id));
  const head = [
    `HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries({ ...bareHeaders(id), ...errorHeaders(refused) }).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
  ];
  // Whoever does not hang up after the answer is hung up on.
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
