import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GatewayTokensService, type LiveToken } from '../accounts/gateway-tokens.service.js';
import { OAuthError } from '../accounts/oauth/oauth-error.js';
import { TokenUses } from '../accounts/token-uses.js';
import { bearerOf } from '../auth/bearer.js';
import { SecretCheck } from '../auth/secret-check.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import type { OAuthForm } from './oauth-form.js';

/** A service that holds a service token, or a client that holds nothing and only says its name. */
export type OAuthClient =
  | { readonly kind: 'service'; readonly clientId: string; readonly token: LiveToken }
  | { readonly kind: 'public'; readonly clientId: string };

interface Credentials {
  readonly id?: string;
  readonly secret?: string;
}

/** A name of a public client, as the person who lets it in will read it. */
const NAME = /^[\x21-\x7e](?:[\x20-\x7e]{0,98}[\x21-\x7e])?$/;
const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i;

/**
 * Which client calls (RFC 6749 section 2.3): a service by its service token, as bearer or as client_secret with the id of
 * the token as client_id; any other by its name alone, which proves nothing.
 */
@Injectable()
export class OAuthClients {
  constructor(
    private readonly tokens: GatewayTokensService,
    private readonly uses: TokenUses,
    private readonly checks: SecretCheck,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The client; undefined when it does not say who it is. Throws OAuthError('invalid_client') for a bad secret. */
  async find(request: FastifyRequest, form: OAuthForm): Promise<OAuthClient | undefined> {
    const { id, secret } = shown(request, form);
    if (secret !== undefined) return this.service(request, secret, id);
    if (id === undefined) return undefined;
    if (!NAME.test(id))
      throw new OAuthError('invalid_client', 'client_id: must be 1 to 100 printable ASCII characters');
    return { kind: 'public', clientId: id };
  }

  /** The client, which must say who it is. */
  async get(request: FastifyRequest, form: OAuthForm): Promise<OAuthClient> {
    const client = await this.find(request, form);
    if (!client) throw new OAuthError('invalid_client', 'say which client you are: client_id, or a service token');
    return client;
  }

  private service(request: FastifyRequest, secret: string, id: string | undefined): Promise<OAuthClient> {
    return this.checks.run(request.accountCarrier.evidence, {
      judge: async () => {
        const token = await this.tokens.find(secret);
        const unknown = !token || (id !== undefined && id.toLowerCase() !== token.id);
        if (unknown) throw new OAuthError('invalid_client', 'no such service token', { wasWrong: true });
        const now = this.clock.now();
        const code = token.ended ?? (token.endsAt <= now ? 'token_expired' : undefined);
        if (code) throw new OAuthError('invalid_client', 'the service token is no longer good', { code });
        if (token.kind !== 'service')
          throw new OAuthError('invalid_client', "this is a person's token; a service needs a service token");
        this.uses.note(token.id, now);
        return { kind: 'service', clientId: token.id, token };
      },
    });
  }
}

/** Throws OAuthError('invalid_request') for a client that authenticates in two ways at once. */
function shown(request: FastifyRequest, form: OAuthForm): Credentials {
  const basic = basicOf(request.headers.authorization);
  const bearer = bearerOf(request.raw);
  const secret = form.find('client_secret');
  const ways = [basic, bearer, secret].filter((way) => way !== undefined);
  if (ways.length > 1) throw new OAuthError('invalid_request', 'authenticate the client in one way only');
  if (basic) return basic;
  return { id: form.find('client_id'), secret: bearer ?? secret };
}

/** RFC 6749 section 2.3.1: both parts are encoded as in a form, and joined with a colon. */
function basicOf(authorization: string | undefined): Credentials | undefined {
  if (authorization === undefined || !/^Basic\b/i.test(authorization)) return undefined;
  const [, encoded] = BASIC.exec(authorization) ?? [];
  const [id, ...rest] = Buffer.from(encoded ?? '', 'base64')
    .toString('utf8')
    .split(':');
  if (!id || rest.length === 0) throw new OAuthError('invalid_client', 'the Authorization header cannot be read');
  const secret = decoded(rest.join(':'));
  return { id: decoded(id), ...(secret !== '' && { secret }) };
}

const decoded = (part: string): string => new URLSearchParams(`x=${part.replaceAll('&', '%26')}`).get('x') ?? '';
