import { Injectable } from '@nestjs/common';
import { Refused } from '../kernel/errors.js';

/** Methods of RFC 9110 that no route of ours will ever have. */
const NEVER = new Set(['TRACE', 'CONNECT']);

/** Which methods each path knows, to tell "no such path" from "not with this method" (RFC 9110 section 15.5.6). */
@Injectable()
export class RouteTable {
  private readonly routes = new Map<string, { pattern: RegExp; methods: Set<string> }>();

  add(path: string, methods: readonly string[]): void {
    const pattern = new RegExp(
      `^${path
        .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
        .replace(/:[^/]+/g, '[^/]+')
        .replace(/\*/g, '.*')}$`,
    );
    const route = this.routes.get(path) ?? { pattern, methods: new Set() };
    for (const method of methods) route.methods.add(method);
    this.routes.set(path, route);
  }

  /** The refusal for a request that met no route. */
  miss(method: string, url: string): Refused {
    const allow = this.methodsOf(url);
    if (allow.length > 0 && !allow.includes(method)) return new Refused('method_not_allowed', { allow });
    return NEVER.has(method) ? new Refused('method_not_implemented') : new Refused('not_found');
  }

  /** The methods that a path knows, in order; none for an unknown path. */
  methodsOf(url: string): string[] {
    const path = url.split('?')[0]!;
    const found = [...this.routes.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].toSorted();
  }

  /** Every path with its methods, for the tests that walk them all. */
  entries(): { path: string; methods: string[] }[] {
    return [...this.routes].map(([path, { methods }]) => ({ path, methods: [...methods] }));
  }
}
