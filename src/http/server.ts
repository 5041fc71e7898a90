import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
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
    http: { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: requestTimeoutMs, connectionsCheckingInterval: 1000 },
    genReqId: () => randomUUID(),
    // Only kernel/net.ts reads forwarding headers: the framework would believe them from anybody (S041).
    trustProxy: false,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: false, caseSensitive: true },
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) => {
      const refused = new Refused('invalid_request', { message: error.message });
      void reply.status(refused.status).send(errorBody(refused, randomUUID()));
    },
    clientErrorHandler: answerUnreadable,
  });
}

const UNREADABLE: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
};

/** Answers what never became a request, and hangs up: what follows in the same bytes is not read (S224). */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const refused = new Refused(UNREADABLE[error.code ?? ''] ?? 'invalid_request');
  const body = JSON.stringify(errorBody(refused, randomUUID()));
  const head = [
    `HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(errorHeaders(refused)).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
