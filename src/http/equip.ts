import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConfigService } from '../config/config.service.js';
import { VERSION } from '../kernel/version.js';
import { AccountDoor } from './account-door.js';
import { AnswerCounts } from './answer-counts.js';
import { admitBody } from './body.js';
import { serveConsole } from './console.js';
import { crossOrigin } from './cors.js';
import { Door } from './door.js';
import { requireHost } from './host-required.js';
import { Idempotency } from './idempotency.js';
import { readForms } from './oauth-form.js';
import { readJson } from './json-body.js';
import { prepareModelRoute } from './openai/model-route.js';
import { holdNothingBack } from './server.js';
import { directHandler } from './direct-route.js';
import { DOCS_PATHS, documentApi } from './docs.js';
import { RouteTable } from './route-table.js';
import { securityHeaders } from './security-headers.js';

/** Puts the door in front of every route, before there are any: a hook sees only the routes that come after it. */
export function equip(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  const routes = app.get(RouteTable);

  // Whatever else a page may send without asking first is no request of ours (S005).
  server.removeContentTypeParser('text/plain');
  readForms(server);
  readJson(app);
  server.decorateRequest('carrier');
  server.decorateRequest('accountCarrier');
  server.addHook('onRoute', (route) => {
    routes.add(route.url, [route.method].flat());
    const isDocs = DOCS_PATHS.some((path) => route.url === path || route.url.startsWith(`${path}/`));
    if (route.config?.direct) route.handler = directHandler(app, route.config.direct);
    if (route.config?.model) prepareModelRoute(app, route, route.config.model);
    if (isDocs) route.config = { ...route.config, access: 'operator.read' } as typeof route.config;
  });
  app.get(AnswerCounts).attach(server);
  server.addHook('onRequest', securityHeaders(app.get(ConfigService)));
  server.addHook('onRequest', requireHost);
  server.addHook('onRequest', crossOrigin(app.get(ConfigService), routes));
  server.addHook('onRequest', app.get(Door).onRequest);
  server.addHook('onRequest', app.get(AccountDoor).onRequest);
  server.addHook('onRequest', admitBody);
  app.get(Idempotency).attach(server);
  holdNothingBack(server.server);
  documentApi(app, VERSION);
  serveConsole(app);
}
