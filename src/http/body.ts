import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refused } from '../kernel/errors.js';

/** Fastify's `onRequest` hook behind the door, before a byte of a body is read. Throws Refused. */
export function admitBody({ headers }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { expect, 'content-encoding': encoding = 'identity' } = headers;
  // Nothing is unpacked here, however small it looks (S213).
  if (encoding !== 'identity') {
    throw new Refused('unsupported_media_type', { message: 'unsupported media type: send no Content-Encoding' });
  }
  // The client holds its body back until it is asked for it (RFC 9110 section 10.1.1): not before it is known.
  if (expect?.toLowerCase() === '100-continue') reply.raw.writeContinue();
  done();
}

/** Whether more of the request's body may still come than we are willing to throw away: then better hang up (S204, S224). */
export function isEndless({ raw, server, routeOptions }: FastifyRequest): boolean {
  const { 'transfer-encoding': chunked, 'content-length': length = '0' } = raw.headers;
  if (raw.complete || (chunked === undefined && length === '0')) return false;
  return chunked !== undefined || Number(length) > (routeOptions.bodyLimit ?? server.initialConfig.bodyLimit!);
}
