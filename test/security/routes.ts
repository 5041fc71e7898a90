import { CONSOLE_PAGES } from '../../src/http/console-address.js';
import { RouteTable } from '../../src/http/route-table.js';
import type { TestGateway } from '../helpers/gateway.js';

/** Every path that answers a stranger. Whoever opens another one has to write it down here. */
export const PUBLIC_PATHS = ['/health', '/healthz', '/ready', '/readyz'];

/** What makes up the console: the same pages for everybody, with nobody's data in them. */
export const CONSOLE_PATHS = [...CONSOLE_PAGES.map((page) => `/${page}`), '/assets/:file'];

/** What clients of OAuth ask without a credential of the chain: what is public by its nature, and what judges by itself. */
export const WELL_KNOWN_PATHS = ['/.well-known/oauth-authorization-server', '/.well-known/jwks.json'];
export const OAUTH_PATHS = ['/oauth/token', '/oauth/device_authorization', '/oauth/introspect', '/oauth/revoke'];

/** Signing up and in: what everybody may try, and what judges passwords and codes by itself. */
export const SIGN_IN_PATHS = [
  '/auth/registration',
  '/auth/register',
  '/auth/login',
  '/auth/refresh',
  '/auth/verify-email',
  '/auth/resend-verification',
  '/auth/reset-password/request',
  '/auth/reset-password/confirm',
  '/auth/oidc',
  '/auth/oidc/:provider/start',
  '/auth/oidc/:provider/callback',
];

const OPEN_PATHS = new Set([...PUBLIC_PATHS, ...CONSOLE_PATHS, ...WELL_KNOWN_PATHS, ...OAUTH_PATHS, ...SIGN_IN_PATHS]);

export interface Route {
  readonly method: string;
  /** As it was registered. */
  readonly path: string;
  /** With something in the place of each parameter. */
  readonly url: string;
}

const VALUES: Readonly<Record<string, string>> = {
  requestId: '7d1f0a52-5d4b-4b6e-9d8e-0c1f2a3b4c5d',
  id: '7d1f0a52-5d4b-4b6e-9d8e-0c1f2a3b4c5e',
  address: '203.0.113.77',
};

/** Every route that the server knows, whoever registered it. */
export function everyRoute({ app }: TestGateway): Route[] {
  return app
    .get(RouteTable)
    .entries()
    .flatMap(({ path, methods }) => methods.map((method) => ({ method, path, url: filled(path) })));
}

export const closedRoutes = (gateway: TestGateway): Route[] =>
  everyRoute(gateway).filter(({ path }) => !OPEN_PATHS.has(path));

function filled(path: string): string {
  return path.replace(/:(\w+)/g, (_, name: string) => VALUES[name] ?? 'something').replace('*', 'swagger-ui.css');
}
