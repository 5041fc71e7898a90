import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { digest, newGatewayToken } from '../kernel/crypto.js';
import { Refused } from '../kernel/errors.js';
import type { Scope } from '../kernel/scopes.js';
import { Database } from '../storage/database.js';
import type { UserRole } from '../storage/entities/user.js';
import { grantedScopes, type TokenKind } from './gateway-token-rows.js';
import { makeTokenRoom } from './token-room.js';

/** Whoever does something, as the audit names them. */
export interface Doer {
  /** Method and subject: `gateway-token:<userId>`, `user:<userId>`. */
  readonly actor: string;
  readonly requestId?: string;
}

/** A token that an operator makes for a person or a machine. */
export interface NewToken {
  readonly kind?: TokenKind;
  readonly userId: string;
  readonly tenantId: string;
  readonly label?: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** Narrows what the user's role gives. A service token must have them, and a label. */
  readonly scopes?: readonly Scope[];
  readonly by?: Doer;
}

/** Whoever signed in: here, or with an issuer whom we trust, and then without a sign-in of ours. */
export interface Subject {
  readonly userId: string;
  readonly tenantId: string;
  readonly sessionId?: string;
}

/** How a token in exchange for a sign-in should be. */
export interface ExchangeWish {
  readonly label?: string;
  /** Narrows what the user's role gives; what it does not give is left out. */
  readonly scopes?: readonly Scope[];
  /** Milliseconds; an hour unless told. The sign-in may end sooner, and the token with it. */
  readonly lifeMs?: number;
  readonly requestId?: string;
  /** How it came to the holder, for the audit: `exchange`, `device:<client>`. */
  readonly way?: string;
}

/** A token in the one answer that shows it. */
export interface IssuedToken {
  readonly id: string;
  /** 64 lower-case hex characters. */
  readonly token: string;
  readonly expiresAt: Date;
  /** Whole seconds that are left. */
  readonly expiresIn: number;
  readonly scopes: readonly Scope[];
}

/** The life of a token that stands for a sign-in (contract section 6). */
const EXCHANGED_LIFE_MS = 3_600_000;

interface ExchangedRow {
  readonly id: string;
  readonly expiresAt: Date;
  readonly expiresIn: number;
  readonly role: UserRole;
}

/** Makes gateway tokens. Each is in the audit, within the transaction that makes it. */
@Injectable()
export class TokenIssue {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
  ) {}

  /** The row is there when it resolves; the value is in the answer and nowhere else. */
  async create(wanted: NewToken): Promise<{ id: string; token: string }> {
    const token = newGatewayToken();
    const { kind = 'user', label = null, userId, tenantId, expiresIn, scopes = null } = wanted;
    const id = await this.database.asTenant(tenantId, async (manager) => {
      const [row] = await manager.query<[{ id: string }]>(
        `INSERT INTO gateway_tokens (token_digest, kind, label, user_id, tenant_id, scopes, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7)) RETURNING id`,
        [digest(token), kind, label, userId, tenantId, scopes, expiresIn],
      );
      const { actor, requestId } = wanted.by ?? { actor: 'gateway' };
      const detail = { kind, label, user: userId, scopes, expiresIn };
      await this.audit.append({ tenantId, actor, requestId, ...created(row.id, detail) }, manager);
      return row.id;
    });
    return { id, token };
  }

  /**
   * A token for a sign-in: an hour, or until the sign-in ends; never more than the user's role gives. With a `manager`
   * it is part of that transaction. Throws Refused: 'token_revoked' when the sign-in has ended, 'user_suspended',
   * 'missing_scope' when the role gives nothing of what was asked.
   */
  exchange(subject: Subject, wish: ExchangeWish = {}, manager?: EntityManager): Promise<IssuedToken> {
    return manager
      ? this.exchangeWith(manager, subject, wish)
      : this.database.asTenant(subject.tenantId, (own) => this.exchangeWith(own, subject, wish));
  }

  private async exchangeWith(manager: EntityManager, subject: Subject, wish: ExchangeWish): Promise<IssuedToken> {
    const { userId, tenantId, sessionId = null } = subject;
    const { label = null, scopes = null, lifeMs = EXCHANGED_LIFE_MS, requestId, way = 'exchange' } = wish;
    const token = newGatewayToken();
    const [made] = await manager.query<ExchangedRow[]>(EXCHANGE, [
      digest(token),
      label,
      userId,
      tenantId,
      sessionId,
      scopes,
      lifeMs / 1000,
    ]);
    if (!made) throw new Refused(await this.whyNot(manager, subject));

    const { id, expiresAt, expiresIn, role } = made;
    const given = grantedScopes(role, scopes);
    if (given.length === 0) throw new Refused('missing_scope', { scope: scopes?.[0] });
    if (sessionId !== null) await makeTokenRoom(userId, manager);
    const detail = { kind: 'user', label, way, scopes: given, expiresAt: expiresAt.toISOString() };
    await this.audit.append({ tenantId, actor: `user:${userId}`, requestId, ...created(id, detail) }, manager);
    return { id, token, expiresAt, expiresIn: Math.max(0, Math.floor(expiresIn)), scopes: given };
  }

  private async whyNot(
    manager: EntityManager,
    { userId, tenantId }: Subject,
  ): Promise<'user_suspended' | 'token_revoked'> {
    const active = await manager.query<unknown[]>(
      `SELECT 1 FROM users u JOIN tenants n ON n.id = u.tenant_id
        WHERE u.id = $1 AND u.tenant_id = $2 AND u.status = 'active' AND n.status = 'active'`,
      [userId, tenantId],
    );
    return active.length === 0 ? 'user_suspended' : 'token_revoked';
  }
}

/** One statement judges the user, the tenant and the sign-in, and makes the row: nothing can end in between. */
const EXCHANGE = `
  WITH made AS (
    INSERT INTO gateway_tokens (token_digest, label, tenant_id, user_id, session_id, scopes, expires_at)
    SELECT $1, $2, u.tenant_id, u.id, s.id, $6::text[],
           least(date_trunc('milliseconds', now()) + make_interval(secs => $7::float8), s.expires_at)
      FROM users u
      JOIN tenants n ON n.id = u.tenant_id AND n.status = 'active'
      LEFT JOIN user_sessions s ON s.id = $5::uuid AND s.user_id = u.id
     WHERE u.id = $3::uuid AND u.tenant_id = $4::uuid AND u.status = 'active'
       AND ($5::uuid IS NULL OR (s.revoked_at IS NULL AND s.expires_at > now()))
    RETURNING id, user_id, expires_at)
  SELECT made.id, made.expires_at AS "expiresAt", extract(epoch FROM made.expires_at - now())::float8 AS "expiresIn",
         u.role
    FROM made JOIN users u ON u.id = made.user_id`;

function created(id: string, detail: Readonly<Record<string, unknown>>) {
  return { action: 'gateway_token.created', target: `gateway-token:${id}`, detail };
}
