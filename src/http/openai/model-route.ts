import type { Type } from '@nestjs/common';
import { type NestFastifyApplication, RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest, RouteHandlerMethod, RouteOptions } from 'fastify';
import type { Endpoint } from '../../chat/model-call.js';
import { ConfigService } from '../../config/config.service.js';
import { Refused } from '../../kernel/errors.js';
import { endpointSettings } from './endpoint.settings.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    model?: ModelRoute;
  }
}

/** A route that calls a model: with bounds of its own, and a handler that Fastify calls without Nest's router. */
export interface ModelRoute {
  readonly endpoint: Endpoint;
  readonly controller: Type;
  readonly method: string;
}

/** What such a handler is given. */
export class ModelBody {
  constructor(
    readonly value: unknown,
    /** The bytes that it was read from. */
    readonly raw: Buffer,
  ) {}
}

/** Opens a route that calls a model to whoever may write. The method is called with Fastify's request and reply. */
export const CallsModel =
  (endpoint: Endpoint): MethodDecorator =>
  (target, method, descriptor) =>
    (
      RouteConfig({
        access: 'operator.write',
        model: { endpoint, controller: target.constructor, method },
      }) as MethodDecorator
    )(target, method, descriptor);

/** Gives a route of Fastify, before it is made, what a call to a model needs. */
export function prepareModelRoute(app: NestFastifyApplication, route: RouteOptions, model: ModelRoute): void {
  const config = app.get(ConfigService);
  const { endpoint, controller, method } = model;
  route.bodyLimit = endpointSettings(endpoint, config.current).maxBodyBytes;
  route.onRequest = (request, _reply, done): void => {
    const { enabled } = endpointSettings(endpoint, request.carrier.evidence.config);
    done(enabled ? undefined : new Refused('not_found', { message: `gateway.http.endpoints: ${endpoint} is off` }));
  };
  let instance: Readonly<Record<string, (request: FastifyRequest, reply: FastifyReply) => void>>;
  const handler: RouteHandlerMethod = (request, reply) => {
    instance ??= app.get(controller, { strict: false });
    instance[method]!(request, reply);
  };
  route.handler = handler;
}
