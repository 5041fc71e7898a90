import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { ConfigService } from '../config/config.service.js';
import { Refused } from '../kernel/errors.js';
import { Database } from '../storage/database.js';
import { AccessTokens } from './access-tokens.service.js';
import type { SessionOwner } from './account.js';
import { SessionSettings } from './accounts.settings.js';
import { ACCESS_LIFE_S } from './sessions/access-claims.js';
import { addRefreshToken, type Spent, spend, type Unspendable, whyNot } from './sessions/refresh-rows.js';
import { END_ALL, END_ONE, LIST, MAKE_ROOM, RENEWED, START } from './sessions/session-rows.js';

/** How and from where somebody signs in. */
export interface SignIn {
  /** `password`, `oidc:<provider>` or `device`. */
  readonly method: string;
  /** As in `Evidence.source`. */
  readonly address?: string;
  readonly userAgent?: string;
  readonly requestId?: string;
}

export interface SessionTokens {
  readonly accessToken: string;
  /** Good once; with each use there is a new one. */
  readonly refreshToken: string;
  /** Seconds of the access token. */
  readonly expiresIn: number;
}

export interface StartedSession {
  readonly sessionId: string;
  readonly tokens: SessionTokens;
}

/** A sign-in as its owner sees it. */
export interface SessionRecord {
  readonly id: string;
  readonly method: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly refreshedAt: Date | null;
  readonly expiresAt: Date;
}

/** Whose sign-ins. */
export type SessionUser = Pick<SessionOwner, 'id' | 'tenantId'>;

/** Who ends them: the person, unless said otherwise. */
export interface Cause {
  readonly actor?: string;
  readonly requestId?: string;
  readonly manager?: EntityManager;
}

/** From where a refresh token comes. */
export interface Renewal extends Pick<SignIn, 'address' | 'requestId'> {
  /** A browser sent it by itself, as a cookie. A page that was left before the answer came shows the old one again. */
  readonly isCookie?: boolean;
}

/** Something else that is done with a renewal, in its transaction: where it fails, nothing was renewed. */
export type WithRenewal = (user: SessionUser, sessionId: string, manager: EntityManager) => Promise<void>;

/** Why a sign-in ended, as the rows remember it. */
export type EndReason =
  'logout' | 'logout-all' | 'replay' | 'password-reset' | 'password-change' | 'revoked' | 'too-many';

/** More than anybody has browsers: the oldest sign-in makes room (ASVS 7.1.2). */
const MOST_SESSIONS = 100;

/**
 * Sign-ins of people: started, renewed, ended. A sign-in is a family of refresh tokens, each good once. Whoever shows a
 * used one has it from somebody else, or somebody else has theirs: nobody can tell, so the sign-in ends for both.
 */
@Injectable()
export class UserSessionsService {
  constructor(
    private readonly database: Database,
    private readonly access: AccessTokens,
    private readonly audit: AuditService,
    private readonly config: ConfigService,
  ) {}

  /**
   * Starts a sign-in for a person who has proved who they are, and writes it down as `user.login`. Rejects with
   * Refused('user_suspended'). With a manager all of it is part of its transaction (one of the house, not of a tenant).
   */
  async start(user: SessionOwner, signIn: SignIn, manager?: EntityManager): Promise<StartedSession> {
    if (!manager) return this.database.transaction((own) => this.start(user, signIn, own));

    const { idleDays, lifeDays } = this.config.current.get(SessionSettings);
    const { method, address = null, userAgent = null, requestId } = signIn;
    const [row] = await manager.query<{ id: string; at: Date }[]>(START, [
      user.id,
      method,
      address,
      userAgent?.slice(0, 300) ?? null,
      lifeDays,
    ]);
    if (!row) throw new Refused('user_suspended');

    const { id: sessionId, at } = row;
    await manager.query(MAKE_ROOM, [user.id, MOST_SESSIONS]);
    const refreshToken = await addRefreshToken(sessionId, idleDays, manager);
    const { accessToken } = await this.access.issue(user, sessionId, { manager, at });
    const what = { action: 'user.login', target: `session:${sessionId}`, detail: { method, address } };
    await this.audit.append({ tenantId: user.tenantId, actor: `user:${user.id}`, requestId, ...what }, manager);
    return { sessionId, tokens: { accessToken, refreshToken, expiresIn: ACCESS_LIFE_S } };
  }

  /**
   * Exchanges a refresh token for the next pair. Rejects with Refused: 'token_mismatch' for what was never ours;
   * 'token_revoked' when the sign-in is over, and for a token that was used before, which ends the sign-in; 'token_expired';
   * 'user_suspended'. When anything fails nothing was spent. A cookie that was used within the last ten seconds is a
   * 'conflict' and ends nothing: whoever took it gets nothing for it either, and is found out by the next use.
   */
  async refresh(
    token: string,
    { address, requestId, isCookie = false }: Renewal = {},
    also?: WithRenewal,
  ): Promise<StartedSession> {
    const renewed = await this.database.transaction(async (manager) => {
      const spent = await spend(token, manager);
      const session = spent && (await this.renew(spent, manager));
      if (session) await also?.(spent, session.sessionId, manager);
      return session;
    });
    if (renewed) return renewed;
    throw await this.database.transaction(async (manager) => {
      const row = await whyNot(token, manager);
      if (isCookie && row?.usedJustNow && !row.ended) return new Refused('conflict', RENEWED_JUST_NOW);
      if (row?.used && !row.expired && !row.ended) await this.endFamily(row, { address, requestId }, manager);
      return refusalOf(row);
    });
  }

  /**
   * Ends one sign-in, and with it all that was issued under it, everywhere within a second. False when it was over
   * already, or is not this person's.
   */
  async end(sessionId: string, user: SessionUser, reason: EndReason, cause: Cause = {}): Promise<boolean> {
    const { requestId, actor = `user:${user.id}` } = cause;
    const action = reason === 'logout' ? 'user.logout' : 'session.revoked';
    return this.within(user, cause.manager, async (manager) => {
      const [ended] = await manager.query<unknown[]>(END_ONE, [sessionId, user.id, reason]);
      if (!ended) return false;
      const what = { action, target: `session:${sessionId}`, detail: { reason } };
      await this.audit.append({ tenantId: user.tenantId, actor, requestId, ...what }, manager);
      return true;
    });
  }

  /** Ends every sign-in of a person, or every other one than `except`. Returns how many there were. */
  async endAll(user: SessionUser, reason: EndReason, cause: Cause & { except?: string } = {}): Promise<number> {
    const { requestId, actor = `user:${user.id}`, except = null } = cause;
    return this.within(user, cause.manager, async (manager) => {
      const ended = await manager.query<unknown[]>(END_ALL, [user.id, except, reason]);
      const what = { action: 'user.logout_all', target: `user:${user.id}`, detail: { reason, sessions: ended.length } };
      await this.audit.append({ tenantId: user.tenantId, actor, requestId, ...what }, manager);
      return ended.length;
    });
  }

  /** The sign-ins of a person that are good now, the newest first. */
  list({ id, tenantId }: SessionUser): Promise<SessionRecord[]> {
    return this.database.asTenant(tenantId, (manager) => manager.query<SessionRecord[]>(LIST, [id]));
  }

  private async renew(spent: Spent, manager: EntityManager): Promise<StartedSession> {
    const { sessionId, at } = spent;
    await manager.query(RENEWED, [sessionId]);
    const refreshToken = await addRefreshToken(sessionId, this.config.current.get(SessionSettings).idleDays, manager);
    const { accessToken } = await this.access.issue(spent, sessionId, { manager, at });
    return { sessionId, tokens: { accessToken, refreshToken, expiresIn: ACCESS_LIFE_S } };
  }

  /** Of any number of replays one ends the sign-in, and one row tells of it. */
  private async endFamily(
    row: Unspendable,
    { address, requestId }: Pick<SignIn, 'address' | 'requestId'>,
    manager: EntityManager,
  ): Promise<void> {
    const { sessionId, userId, tenantId } = row;
    const [ended] = await manager.query<unknown[]>(END_ONE, [sessionId, userId, 'replay']);
    if (!ended) return;
    const what = { action: 'session.replayed', target: `session:${sessionId}`, detail: { address } };
    await this.audit.append({ tenantId, actor: `user:${userId}`, requestId, ...what }, manager);
  }

  private within<T>(
    { tenantId }: SessionUser,
    manager: EntityManager | undefined,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    return manager ? work(manager) : this.database.asTenant(tenantId, work);
  }
}

const RENEWED_JUST_NOW = { message: 'the sign-in was renewed a moment ago; try again in a second' };

function refusalOf(row: Unspendable | undefined): Refused {
  if (!row) return new Refused('token_mismatch');
  if (row.ended) return new Refused('token_revoked');
  if (row.expired) return new Refused('token_expired');
  if (row.used) return new Refused('token_revoked', { reason: 'used before: its sign-in was ended' });
  if (row.suspended) return new Refused('user_suspended');
  return new Refused('unavailable', { reason: 'it could have been used a moment later' });
}
