import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { OAuthError } from '../accounts/oauth/oauth-error.js';
import { Refused } from '../kernel/errors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Speaks OAuth: takes a form, and says what is wrong in the words of RFC 6749. */
    oauth?: boolean;
  }
}

/**
 * An endpoint of OAuth: a public route that takes a form and not JSON, refuses whoever is locked, and answers errors as
 * RFC 6749 section 5.2 wants them.
 */
export const OAuthEndpoint = (): MethodDecorator =>
  RouteConfig({ access: 'public', account: 'attempt', oauth: true }) as MethodDecorator;

const FORM = 'application/x-www-form-urlencoded';

/** What may be said more than once (RFC 8693 section 2.1). */
const REPEATABLE = new Set(['resource', 'audience']);

/** Parameters of OAuth: what is not known is ignored, what is empty counts as absent (RFC 6749 section 3.2). */
export class OAuthForm {
  constructor(private readonly parameters: URLSearchParams) {}

  /** Throws OAuthError('invalid_request') for one that was said twice. */
  find(name: string): string | undefined {
    const values = this.parameters.getAll(name);
    if (values.length > 1 && !REPEATABLE.has(name)) throw new OAuthError('invalid_request', `${name}: say it once`);
    return values[0] || undefined;
  }

  /** Throws OAuthError('invalid_request') for one that is missing, too. */
  get(name: string): string {
    const value = this.find(name);
    if (value === undefined) throw new OAuthError('invalid_request', `${name}: must be given`);
    return value;
  }

  all(name: string): string[] {
    return this.parameters.getAll(name).filter((value) => value !== '');
  }
}

/** Lets the endpoints of OAuth read forms. Any other route refuses one: pages may send forms without asking (S005). */
export function readForms(server: FastifyInstance): void {
  server.addContentTypeParser(FORM, { parseAs: 'string' }, (request: FastifyRequest, body, done) => {
    if (!request.routeOptions.config.oauth) return done(new Refused('unsupported_media_type'));
    done(null, new OAuthForm(new URLSearchParams(String(body))));
  });
}

/** The form of a request, as a parameter's value. Throws OAuthError for anything else. */
export function formOf({ body }: FastifyRequest): OAuthForm {
  if (body instanceof OAuthForm) return body;
  throw new OAuthError('invalid_request', `send the parameters as ${FORM}`);
}
