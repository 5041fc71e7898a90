import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ControlUiSettings } from '../auth/own-origins.js';
import { ConfigService } from '../config/config.service.js';
import { CONSOLE_PAGES, consoleBase } from './console-address.js';

/** Where `npm run build` leaves the console. This file lies as deep in `dist` as in `src`. */
const BUILT = fileURLToPath(new URL('../../dist/ui', import.meta.url));
const SHELL = 'index.html';

/** Nothing but what this gateway serves itself: no script in the page, no other origin, no frame, no HTML from a string. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** The name of an asset holds a digest of it: what it names never changes. */
const ASSET_HEADERS = {
  'cache-control': 'public, max-age=31536000, immutable',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** As the build makes them: nothing that could lead elsewhere. */
const ASSET_NAME = /^[\w-]+\.\w+$/;

const NOT_BUILT =
  'The console of this gateway is not built: run `npm run build`, or `npm run dev:ui` beside `npm run dev`.\n';

/**
 * Serves the console: every page of it is the same shell, and its assets lie beside it. Each page is a route of its
 * own, so that an unknown path keeps its 404, and no page can hide one of the API's. `folder` holds the built files.
 */
export function serveConsole(app: NestFastifyApplication, folder = BUILT): void {
  const config = app.get(ConfigService).current;
  if (!config.get(ControlUiSettings).enabled) return;

  const server = app.getHttpAdapter().getInstance();
  const base = consoleBase(config);
  const open = { config: { access: 'public' } } as const;

  void server.register(fastifyStatic, {
    root: folder,
    serve: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      reply.headers(path.endsWith(SHELL) ? PAGE_HEADERS : ASSET_HEADERS);
    },
  });

  const shell = (_request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (existsSync(join(folder, SHELL))) return reply.sendFile(SHELL, { etag: false, lastModified: false });
    return reply.status(503).type('text/plain; charset=utf-8').send(NOT_BUILT);
  };
  for (const page of CONSOLE_PAGES) server.get(`${base}/${page}`, open, shell);
  server.get<{ Params: { file: string } }>(`${base}/assets/:file`, open, ({ params: { file } }, reply) =>
    ASSET_NAME.test(file) ? reply.sendFile(`assets/${file}`) : reply.callNotFound(),
  );
  // Relative addresses in the shell need the slash.
  if (base !== '') server.get(base, open, (_request, reply) => reply.redirect(`${base}/`, 308));
}
