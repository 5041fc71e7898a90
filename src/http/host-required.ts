import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refused } from '../kernel/errors.js';

/**
 * Fastify's `onRequest` hook that refuses a request of HTTP/1.1 without Host (RFC 9112 section 3.2). Node would do so by
 * itself, under the same condition, but without a word of why. The connection ends with the answer.
 */
export function requireHost({ raw }: FastifyRequest, reply: FastifyReply, proceed: (error?: Error) => void): void {
  if (raw.headers.host !== undefined || raw.httpVersion !== '1.1') return proceed();
  reply.header('connection', 'close');
  proceed(new Refused('invalid_request', { message: 'the request has no Host header: send the one of this address' }));
}
