import { Inject, Injectable } from '@nestjs/common';
import { GatewayTokensService, type LiveToken } from '../../accounts/gateway-tokens.service.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Refused } from '../../kernel/errors.js';
import type { Identity } from '../../kernel/identity.js';
import { AuthStrategy } from '../auth-strategy.js';
import type { Evidence } from '../evidence.js';

/** A person, for an hour. */
@Injectable()
export class GatewayTokenStrategy extends AuthStrategy('gateway-token') {
  /** Made once for each row that is known: on every request only whether it is still good is asked anew. */
  private readonly identities = new WeakMap<LiveToken, Identity>();

  constructor(
    private readonly tokens: GatewayTokensService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  isConfigured(): boolean {
    return this.tokens.exist;
  }

  recognises({ presented }: Evidence): boolean {
    return presented.token !== undefined;
  }

  judge({ presented }: Evidence): Identity | null | Promise<Identity | null> {
    const found = this.tokens.find(presented.token!);
    return found instanceof Promise ? found.then((token) => this.identity(token)) : this.identity(found);
  }

  private identity(token: LiveToken | undefined): Identity | null {
    if (!token) return null;
    const reason = `gateway token ${token.id}`;
    if (token.ended) throw new Refused(token.ended, { reason });
    if (token.endsAt <= this.clock.now()) throw new Refused('token_expired', { reason });

    let identity = this.identities.get(token);
    if (!identity) this.identities.set(token, (identity = identityOf(token)));
    return identity;
  }
}

function identityOf({ id, userId, email, tenantId, scopes, endsAt }: LiveToken): Identity {
  return {
    method: 'gateway-token',
    subject: userId,
    user: email,
    userId,
    tenantId,
    role: 'operator',
    scopes,
    credential: `gateway-token:${id}`,
    expiresAt: endsAt,
  };
}
