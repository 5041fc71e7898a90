import { Inject, Injectable } from '@nestjs/common';
import { GatewayTokensService, type LiveToken } from '../../accounts/gateway-tokens.service.js';
import { TokenUses } from '../../accounts/token-uses.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Refused } from '../../kernel/errors.js';
import type { Identity } from '../../kernel/identity.js';
import { AuthStrategy } from '../auth-strategy.js';
import type { Evidence } from '../evidence.js';

/** A person, for an hour; a machine, for as long as its service token lasts. */
@Injectable()
export class GatewayTokenStrategy extends AuthStrategy('gateway-token') {
  /** Made once for each row that is known: on every request only whether it is still good is asked anew. */
  private readonly identities = new WeakMap<LiveToken, Identity>();

  constructor(
    private readonly tokens: GatewayTokensService,
    private readonly uses: TokenUses,
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
    const now = this.clock.now();
    if (token.endsAt <= now) throw new Refused('token_expired', { reason });
    this.uses.note(token.id, now);

    let identity = this.identities.get(token);
    if (!identity) this.identities.set(token, (identity = identityOf(token)));
    return identity;
  }
}

/** A machine is nobody: its subject is its token, and the person behind it only whose standing it hangs on. */
function identityOf({ id, kind, userId, email, tenantId, sessionId, scopes, endsAt }: LiveToken): Identity {
  return {
    method: 'gateway-token',
    ...(kind === 'service' ? { subject: `service:${id}` } : { subject: userId, user: email }),
    userId,
    ...(sessionId !== null && { sessionId }),
    tenantId,
    role: 'operator',
    scopes,
    credential: `gateway-token:${id}`,
    expiresAt: endsAt,
  };
}
