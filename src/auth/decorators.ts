import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { Identity } from '../kernel/identity.js';
import type { Scope } from '../kernel/scopes.js';
import { carrierOf } from './carrier.js';

/** Opens a route to everybody. Every such route can be found by this one word. */
export const Public = (): MethodDecorator => RouteConfig({ access: 'public' }) as MethodDecorator;

/** A public route that says more to a caller who is known. */
export const PublicGreeting = (): MethodDecorator => RouteConfig({ access: 'public', greets: true }) as MethodDecorator;

/** Opens a route to whoever holds the scope. A route that says nothing needs `operator.admin` (S119, S217). */
export const Needs = (scope: Scope): MethodDecorator => RouteConfig({ access: scope }) as MethodDecorator;

/** As `Needs`, for a method that is given its caller alone and returns a JSON text: the shortest way to an answer. */
export const NeedsDirectly =
  (scope: Scope): MethodDecorator =>
  (target, method, descriptor) =>
    (RouteConfig({ access: scope, direct: { controller: target.constructor, method } }) as MethodDecorator)(
      target,
      method,
      descriptor,
    );

/** Opens a route of the whole house to its own people: what concerns every tenant is no single tenant's business. */
export const NeedsHouse = (scope: Scope): MethodDecorator =>
  RouteConfig({ access: scope, house: true }) as MethodDecorator;

/** The identity of the caller, as a parameter of a handler. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Identity => {
  const { identity } = carrierOf(context);
  if (!identity) throw new TypeError('a public route has no caller');
  return identity;
});
