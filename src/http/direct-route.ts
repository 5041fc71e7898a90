import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { RouteHandlerMethod } from 'fastify';
import type { Identity } from '../kernel/identity.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    direct?: DirectRoute;
  }
}

/** A controller's method that wants to know nothing but its caller, and answers at once with a JSON text. */
export interface DirectRoute {
  readonly controller: Type;
  readonly method: string;
}

const JSON_TEXT = 'application/json; charset=utf-8';

/**
 * The handler by which Fastify calls such a method itself. Nest's router with its pipes, promises and serialisation
 * costs more than the whole decision at the door (bench/README.md); what reverse proxies ask with every request of
 * theirs is worth going past it. The door stands before this route as before every other.
 */
export function directHandler(app: NestFastifyApplication, { controller, method }: DirectRoute): RouteHandlerMethod {
  const instance = app.get<Record<string, (caller: Identity) => string>>(controller);
  return (request, reply) => {
    void reply.header('content-type', JSON_TEXT).send(instance[method]!(request.carrier.identity!));
  };
}
