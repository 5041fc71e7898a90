import type { FastifyReply, FastifyRequest } from 'fastify';
import { ControlUiSettings } from '../auth/own-origins.js';
import type { ConfigService } from '../config/config.service.js';
import type { ConfigSnapshot } from '../config/settings.js';
import { canonicalOrigin } from '../kernel/net.js';
import type { RouteTable } from './route-table.js';

/** How long a browser may remember the answer to a preflight, in seconds: a list that is shortened holds soon. */
const REMEMBERED_S = '600';

/** What a page may send beside what every page may. */
const REQUEST_HEADERS = new Set([
  'authorization',
  'content-type',
  'idempotency-key',
  'if-none-match',
  'last-event-id',
  'x-doorward-token',
  'x-doorward-agent-id',
  'x-doorward-model',
  'x-doorward-session-key',
  'x-openclaw-agent-id',
  'x-openclaw-model',
  'x-openclaw-session-key',
  'x-openclaw-token',
]);

/** Clients of the OpenAI API tell about themselves in headers of this name. */
const CLIENT_HEADER = /^x-stainless-[a-z-]{1,40}$/;

/** What a page may read beside what every page may. */
const ANSWER_HEADERS =
  'Idempotent-Replayed, Retry-After, Retry-After-Ms, WWW-Authenticate, X-Doorward-Model, X-Request-Id, X-Should-Retry';

const listedOrigins = (config: ConfigSnapshot): ReadonlySet<string> =>
  new Set(config.get(ControlUiSettings).allowedOrigins.map((origin) => canonicalOrigin(origin)!));

/**
 * Fastify's `onRequest` hook that lets pages of `gateway.controlUi.allowedOrigins` read answers: by their exact origin,
 * never by `*`. Whatever it says, who may do what is decided at the door, where every other origin is refused; a
 * preflight carries no credential, does nothing and is answered here (Fetch standard, section 3.2).
 */
export function crossOrigin(config: ConfigService, routes: RouteTable) {
  return (request: FastifyRequest, reply: FastifyReply, proceed: () => void): void => {
    const listed = config.current.once(listedOrigins);
    if (listed.size === 0) return proceed();
    // Also to who is not listed: what a cache keeps for one must not be given to the other.
    reply.header('vary', 'Origin');
    const { origin: header } = request.headers;
    const origin = header === undefined ? undefined : canonicalOrigin(header);
    if (origin === undefined || !listed.has(origin)) return proceed();

    reply.header('access-control-allow-origin', origin);
    // Whoever is listed may already come as whom a proxy or the tailnet names: the browser may send what they need.
    reply.header('access-control-allow-credentials', 'true');
    const methods = isPreflight(request) ? routes.methodsOf(request.url) : [];
    if (methods.length === 0) {
      reply.header('access-control-expose-headers', ANSWER_HEADERS);
      return proceed();
    }
    reply.header('access-control-allow-methods', methods.join(', '));
    reply.header('access-control-allow-headers', allowedHeaders(request));
    reply.header('access-control-max-age', REMEMBERED_S);
    void reply.status(204).send();
  };
}

const isPreflight = ({ method, headers }: FastifyRequest): boolean =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

function allowedHeaders({ headers }: FastifyRequest): string {
  const asked = String(headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase());
  const own = asked.filter((name) => CLIENT_HEADER.test(name));
  return [...REQUEST_HEADERS, ...own].join(', ');
}
