import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ConfigService } from '../config/config.service.js';
import type { ConfigSnapshot } from '../config/settings.js';
import { SecurityHeaderSettings } from './http.settings.js';

// In lower case, as Fastify sends them: it need not make a new name of each for every answer.
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

/** The page of the API documentation brings its own scripts and styles, and talks to nobody else. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

const headersOf = (config: ConfigSnapshot): Record<string, string> => {
  const { strictTransportSecurity: hsts } = config.get(SecurityHeaderSettings);
  return { ...HEADERS, ...(hsts && { 'strict-transport-security': hsts }) };
};

/** Fastify's `onRequest` hook that puts the same headers on every answer, and the id by which to ask about it. */
export function securityHeaders(config: ConfigService) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    reply.headers(config.current.once(headersOf));
    reply.header('x-request-id', request.id);
    if (request.url.startsWith('/docs')) reply.header('content-security-policy', PAGE_POLICY);
    done();
  };
}
