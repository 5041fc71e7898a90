import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Refused } from '../../kernel/errors.js';
import type { Scope } from '../../kernel/scopes.js';
import { AccessTokens } from '../access-tokens.service.js';
import { GatewayTokensService } from '../gateway-tokens.service.js';

/** What another service learns of a token that is good (RFC 7662 section 2.2). Times in seconds since the epoch. */
export interface ActiveToken {
  readonly active: true;
  /** `access_token` is our JWT of a sign-in, which opens nothing but `/auth/*`. */
  readonly token_use: 'gateway_token' | 'service_token' | 'access_token';
  readonly token_type: 'Bearer';
  /** Words with a space between. An access token has none: it opens nothing here by itself. */
  readonly scope?: string;
  readonly sub: string;
  readonly tenant_id: string;
  /** Of a person. */
  readonly username?: string;
  readonly iat?: number;
  readonly exp: number;
  readonly jti?: string;
}

export type Introspection = ActiveToken | { readonly active: false };

const INACTIVE = { active: false } as const;

/** Whether a token is good, for a service of its tenant. Unknown, ended and foreign ones get one answer (S078). */
@Injectable()
export class TokenIntrospection {
  constructor(
    private readonly tokens: GatewayTokensService,
    private readonly access: AccessTokens,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Rejects with Unavailable when it cannot be found out: that is never "inactive". */
  async look(token: string, tenantId: string): Promise<Introspection> {
    const found = token.includes('.') ? await this.accessToken(token) : await this.gatewayToken(token);
    return found?.tenant_id === tenantId ? found : INACTIVE;
  }

  private async gatewayToken(token: string): Promise<ActiveToken | undefined> {
    const found = await this.tokens.find(token);
    if (!found || found.ended || found.endsAt <= this.clock.now()) return undefined;
    const { id, kind, userId, email, tenantId, scopes, madeAt, endsAt } = found;
    const who = kind === 'service' ? { sub: `service:${id}` } : { sub: userId, username: email };
    return {
      active: true,
      token_use: `${kind === 'service' ? 'service' : 'gateway'}_token`,
      token_type: 'Bearer',
      scope: words(scopes),
      ...who,
      tenant_id: tenantId,
      iat: Math.floor(madeAt / 1000),
      exp: Math.floor(endsAt / 1000),
      jti: id,
    };
  }

  private async accessToken(token: string): Promise<ActiveToken | undefined> {
    try {
      const { userId, tenantId, email, endsAt } = await this.access.verify(token);
      return {
        active: true,
        token_use: 'access_token',
        token_type: 'Bearer',
        sub: userId,
        username: email,
        tenant_id: tenantId,
        exp: Math.floor(endsAt / 1000),
      };
    } catch (error) {
      if (error instanceof Refused) return undefined;
      throw error;
    }
  }
}

const words = (scopes: readonly Scope[]): string => scopes.join(' ');
