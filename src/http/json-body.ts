import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { ModelBody } from './openai/model-route.js';
import { strictJson, strictText } from './strict-json.js';

/**
 * Reads JSON on every route, and refuses what two readers would read differently before anything is built of it (S186,
 * S208). Routes that call models are given the bytes as well.
 */
export function readJson(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  const usual = server.getDefaultJsonParser('error', 'error');
  const { bodyLimit } = server.initialConfig;
  app.useBodyParser('application/json', { bodyLimit }, (request, body, done) => {
    if (request.routeOptions.config.model) return done(null, new ModelBody(strictJson(body), body));
    void usual(request as FastifyRequest, strictText(body), done);
  });
}
