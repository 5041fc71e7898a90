import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ConfigService } from '../config/config.service.js';
import type { ConfigSnapshot } from '../config/settings.js';
import { SecurityHeaderSettings } from './http.settings.js';

const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

/** The page of the API documentation brings its own scripts and styles, and talks to nobody else. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

const headersOf = (config: ConfigSnapshot): Record<string, string> => {
  const { strictTransportSecurity: hsts } = config.get(SecurityHeaderSettings);
  return { ...HEADERS, ...(hsts && { 'Strict-Transport-Security': hsts }) };
};

/** Fastify's `onRequest` hook that puts the same headers on every answer, and the id by which to ask about it. */
export function securityHeaders(config: ConfigService) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    reply.headers(config.current.once(headersOf));
    reply.header('X-Request-Id', request.id);
    if (request.url.startsWith('/docs')) reply.header('Content-Security-Policy', PAGE_POLICY);
    done();
  };
}
