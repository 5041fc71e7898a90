import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Identity } from '../../kernel/identity.js';
import { Database } from '../../storage/database.js';
import { ENTER_TENANT } from '../../storage/tenant-isolation.js';
import type { Session } from './session.js';
import type { SessionName } from './session-key.js';
import { ownerOf, seesAll } from './session-owner.js';
import { SessionSeal } from './session-seal.js';

/** What is chosen for a session; null takes it back, undefined leaves it. */
export interface SessionChange {
  readonly label?: string | null;
  readonly model?: string | null;
  readonly profile?: string | null;
}

/** Which of the sessions that a caller may see are listed. */
export interface SessionFilter {
  readonly limit: number;
  /** How many are passed over. */
  readonly offset?: number;
  readonly agent?: string;
  readonly label?: string;
  /** Used within so many minutes. */
  readonly activeMinutes?: number;
  /** Part of a key or a label. */
  readonly search?: string;
  /** The id of the last one of the page before. */
  readonly after?: string;
}

/** The rows of sessions. Every statement names tenant and owner, beneath which PostgreSQL keeps tenants apart as well. */
@Injectable()
export class SessionRows {
  constructor(
    private readonly database: Database,
    private readonly seal: SessionSeal,
  ) {}

  /** The caller's own session of this name, or any that they may see by its id. */
  async find(caller: Identity, { agent, key }: SessionName): Promise<Session | undefined> {
    const id = UUID.test(key) ? key : null;
    const [found] = await this.database.asTenant(caller.tenantId, (manager) =>
      manager.query<Session[]>(FIND, [caller.tenantId, ownerOf(caller), agent, key, id, seesAll(caller)]),
    );
    return found;
  }

  /** A new session, unless it is there already; beyond `most` of its owner the ones that were used longest ago are gone. */
  async make(
    caller: Identity,
    { agent, key }: SessionName,
    most: number,
  ): Promise<{ session: Session; gone: readonly Session[] }> {
    const { tenantId, userId } = caller;
    const owner = ownerOf(caller);
    return this.database.transaction(async (manager) => {
      const { id, keySealed, sealedWith } = await this.seal.newKey(manager);
      await manager.query(ENTER_TENANT, [tenantId]);
      const values = [id, tenantId, owner, userId ?? null, agent, key, randomUUID(), keySealed, sealedWith];
      const [made] = await manager.query<Session[]>(INSERT, values);
      if (made) return { session: made, gone: await returned(manager, TRIM, [tenantId, owner, most]) };
      const [there] = await manager.query<Session[]>(FIND, [tenantId, owner, agent, key, null, false]);
      return { session: there!, gone: [] };
    });
  }

  async list(caller: Identity, filter: SessionFilter): Promise<Session[]> {
    const { limit, offset = 0, agent, label, activeMinutes, search, after } = filter;
    const pattern = search === undefined ? null : `%${search.replace(/[\\%_]/g, '\\$&')}%`;
    const whose = [caller.tenantId, ownerOf(caller), seesAll(caller)];
    const which = [agent ?? null, label ?? null, activeMinutes ?? null, pattern, after ?? null, limit, offset];
    return this.database.asTenant(caller.tenantId, (manager) => manager.query(LIST, [...whose, ...which]));
  }

  /** As it is now; undefined when it has gone. */
  async again({ id, tenantId }: Session): Promise<Session | undefined> {
    const [found] = await this.database.asTenant(tenantId, (manager) =>
      manager.query<Session[]>(AGAIN, [id, tenantId]),
    );
    return found;
  }

  /** Undefined, and nothing changed, when the session has gone or was begun anew meanwhile. */
  async change(session: Session, { label, model, profile }: SessionChange): Promise<Session | undefined> {
    const [changed] = await this.database.asTenant(session.tenantId, (manager) =>
      returned(manager, CHANGE, [...same(session), ...choice(label), ...choice(model), ...choice(profile)]),
    );
    return changed;
  }

  /**
   * Takes away what was said and chosen; the name and its label stay. Undefined, and nothing taken away, when the session
   * has gone or was begun anew meanwhile.
   */
  async reset(session: Session): Promise<Session | undefined> {
    return this.database.asTenant(session.tenantId, async (manager) => {
      // First: nothing can be added any more to what it was.
      const [begun] = await returned(manager, RESET, [...same(session), randomUUID()]);
      if (begun) await manager.query(FORGET, [session.id, session.tenantId]);
      return begun;
    });
  }

  /** False, and nothing taken away, when the session has gone or was begun anew meanwhile. */
  async remove(session: Session): Promise<boolean> {
    const removed = await this.database.asTenant(session.tenantId, (manager) =>
      returned(manager, REMOVE, same(session)),
    );
    return removed.length > 0;
  }

  /**
   * Of all tenants: those that nobody has used for so many days. Returns how many there were. An answer takes a day at
   * most after its question, so none is under way in them.
   */
  async removeIdle(days: number): Promise<number> {
    const removed = await this.database.query(
      `DELETE FROM chat_sessions WHERE updated_at < now() - make_interval(days => $1) RETURNING id`,
      [days],
    );
    return removed.length;
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const choice = (value: string | null | undefined): [boolean, string | null] => [value !== undefined, value ?? null];

/** What statements begin with that are about a session as it was read, and nothing that began in it since. */
const same = ({ id, tenantId, conversationId }: Session): string[] => [id, tenantId, conversationId];

/** TypeORM answers UPDATE and DELETE with its rows and their count. */
async function returned(manager: EntityManager, sql: string, parameters: unknown[]): Promise<Session[]> {
  const [rows] = await manager.query<[Session[], number]>(sql, parameters);
  return rows;
}

/** What is read of a session `s`. */
export const SESSION_COLUMNS = `
  s.id, s.tenant_id AS "tenantId", s.owner, s.agent, s.key, s.conversation_id AS "conversationId", s.label, s.model,
  s.profile, s.input_tokens AS "inputTokens", s.output_tokens AS "outputTokens", s.created_at AS "createdAt",
  s.updated_at AS "updatedAt", s.key_sealed AS "keySealed", s.sealed_with AS "sealedWith"`;

const FIND = `
  SELECT ${SESSION_COLUMNS} FROM chat_sessions s
   WHERE s.tenant_id = $1
     AND ((s.owner = $2 AND s.agent = $3 AND s.key = $4) OR (s.id = $5::uuid AND (s.owner = $2 OR $6::boolean)))
   ORDER BY (s.owner = $2 AND s.agent = $3 AND s.key = $4) DESC LIMIT 1`;

const INSERT = `
  INSERT INTO chat_sessions AS s
         (id, tenant_id, owner, user_id, agent, key, conversation_id, key_sealed, sealed_with)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT (tenant_id, owner, agent, key) DO NOTHING
  RETURNING ${SESSION_COLUMNS}`;

const TRIM = `
  DELETE FROM chat_sessions s WHERE s.tenant_id = $1 AND s.id IN (
    SELECT id FROM chat_sessions WHERE tenant_id = $1 AND owner = $2 ORDER BY updated_at DESC, id OFFSET $3)
  RETURNING ${SESSION_COLUMNS}`;

const LIST = `
  SELECT ${SESSION_COLUMNS} FROM chat_sessions s
   WHERE s.tenant_id = $1 AND (s.owner = $2 OR $3::boolean)
     AND ($4::text IS NULL OR s.agent = $4)
     AND ($5::text IS NULL OR s.label = $5)
     AND ($6::int IS NULL OR s.updated_at >= now() - make_interval(mins => $6::int))
     AND ($7::text IS NULL OR s.key ILIKE $7 OR s.label ILIKE $7)
     AND ($8::uuid IS NULL OR (s.updated_at, s.id) < (
       SELECT c.updated_at, c.id FROM chat_sessions c
        WHERE c.id = $8 AND c.tenant_id = $1 AND (c.owner = $2 OR $3::boolean)))
   ORDER BY s.updated_at DESC, s.id DESC LIMIT $9 OFFSET $10`;

const AGAIN = `SELECT ${SESSION_COLUMNS} FROM chat_sessions s WHERE s.id = $1 AND s.tenant_id = $2`;

const SAME = `s.id = $1 AND s.tenant_id = $2 AND s.conversation_id = $3`;

const CHANGE = `
  UPDATE chat_sessions s SET
         label   = CASE WHEN $4::boolean THEN $5 ELSE label END,
         model   = CASE WHEN $6::boolean THEN $7 ELSE model END,
         profile = CASE WHEN $8::boolean THEN $9 ELSE profile END,
         updated_at = now()
   WHERE ${SAME}
  RETURNING ${SESSION_COLUMNS}`;

const RESET = `
  UPDATE chat_sessions s SET conversation_id = $4, model = NULL, profile = NULL,
         input_tokens = 0, output_tokens = 0, updated_at = now()
   WHERE ${SAME}
  RETURNING ${SESSION_COLUMNS}`;

const FORGET = `DELETE FROM chat_messages WHERE session_id = $1 AND tenant_id = $2`;

const REMOVE = `DELETE FROM chat_sessions s WHERE ${SAME} RETURNING ${SESSION_COLUMNS}`;
