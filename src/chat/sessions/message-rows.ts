import { Injectable } from '@nestjs/common';
import { Database } from '../../storage/database.js';
import { Replicas } from '../../storage/replicas.js';
import type { Message, NewMessage, Session } from './session.js';
import { SESSION_COLUMNS } from './session-rows.js';
import { SessionSeal } from './session-seal.js';

/** Where a run stands that was asked for once already. */
export type RunStanding =
  | 'answered'
  /** Another gateway is at it. */
  | 'elsewhere'
  /** Whoever was at it is gone, or gave up without an answer; now it is ours. */
  | 'taken over'
  /** Nothing is known of it: the session was reset. */
  | 'gone';

/** Where in a conversation one begins to read backwards. */
export interface Place {
  /** Older than the message of this number. */
  readonly before?: number;
  /** How many are passed over. */
  readonly skip?: number;
}

interface Row extends Omit<Message, 'said'> {
  readonly content: string;
}

/** What is said in sessions, sealed before it is stored where the session has a key. */
@Injectable()
export class MessageRows {
  constructor(
    private readonly database: Database,
    private readonly seal: SessionSeal,
    private readonly replicas: Replicas,
  ) {}

  /**
   * Keeps a message; beyond `most` of its session the oldest go. False, and nothing kept, when the run has one of this
   * role already, or the session was reset or removed since it was read.
   */
  async add(session: Session, { runId, role, kind, said }: NewMessage, most: number): Promise<boolean> {
    const { id: sessionId, tenantId, conversationId } = session;
    const [key] = await Promise.all([this.seal.keyOf(session), this.replicas.present()]);
    const { id, content } = this.seal.seal(said, key);
    const { input = 0, output = 0 } = said.usage ?? {};
    const values = [sessionId, tenantId, conversationId, id, runId, role, kind, content, this.replicas.own];
    const kept = await this.database.asTenant(tenantId, (manager) =>
      manager.query<unknown[]>(ADD, [...values, most, input, output]),
    );
    return kept.length > 0;
  }

  /** The last messages before `before`, the newest first: at most `limit`, and after the first no more than fit together. */
  async last(session: Session, limit: number, { before, skip = 0 }: Place = {}): Promise<Message[]> {
    const { id, tenantId } = session;
    const key = await this.seal.keyOf(session);
    const rows = await this.database.asTenant(tenantId, (manager) =>
      manager.query<Row[]>(LAST, [id, tenantId, before ?? null, limit, skip]),
    );
    return rows.map(({ content, ...row }) => {
      return { ...row, seq: Number(row.seq), said: this.seal.open(row.id, content, key) };
    });
  }

  /** Where a run stands that was asked for before and is not under way here; takes it over where nobody is at it. */
  async standing({ id, tenantId }: Session, runId: string): Promise<RunStanding> {
    const [row] = await this.database.query<{ standing: RunStanding }>(STANDING, [
      id,
      tenantId,
      runId,
      this.replicas.own,
    ]);
    return row!.standing;
  }

  /** Nobody is at a run any more of which there is no answer: whoever is asked for it again may take it over. */
  async giveUp({ id, tenantId }: Session, runId: string): Promise<void> {
    if (!this.replicas.shared) return;
    await this.database.query(GIVE_UP, [id, tenantId, runId, this.replicas.own, NOBODY]);
  }

  /** An answer that another gateway has kept, and its session; undefined for one of our own. */
  async fromElsewhere(id: string): Promise<{ message: Message; session: Session } | undefined> {
    const [row] = await this.database.query<Row & { sessionId: string }>(ONE, [id, this.replicas.own]);
    if (!row) return undefined;
    const [session] = await this.database.query<Session>(SESSION, [row.sessionId]);
    if (!session) return undefined;
    const { content, sessionId: _session, ...rest } = row;
    const said = this.seal.open(row.id, content, await this.seal.keyOf(session));
    return { message: { ...rest, seq: Number(row.seq), said }, session };
  }

  /** Runs of a session that other gateways are at. */
  async runsElsewhere({ id, tenantId }: Session): Promise<string[]> {
    if (!this.replicas.shared) return [];
    const rows = await this.database.query<{ runId: string }>(ELSEWHERE, [id, tenantId, this.replicas.own]);
    return rows.map(({ runId }) => runId);
  }
}

const ADD = `
  WITH s AS (
    UPDATE chat_sessions SET next_seq = next_seq + 1, updated_at = now(),
           input_tokens = input_tokens + $11::bigint, output_tokens = output_tokens + $12::bigint
     WHERE id = $1 AND tenant_id = $2 AND conversation_id = $3
       AND NOT EXISTS (SELECT 1 FROM chat_messages m WHERE m.session_id = $1 AND m.run_id = $5 AND m.role = $6)
    RETURNING next_seq - 1 AS seq),
  gone AS (
    DELETE FROM chat_messages m USING s WHERE m.session_id = $1 AND m.tenant_id = $2 AND m.seq <= s.seq - $10::bigint)
  INSERT INTO chat_messages (id, tenant_id, session_id, seq, run_id, role, kind, content, replica_id)
  SELECT $4, $2, $1, s.seq, $5, $6, $7, $8, $9 FROM s
  ON CONFLICT (session_id, run_id, role) DO NOTHING
  RETURNING id`;

/** Characters of what was said that are read at once. */
const MOST_AT_ONCE = 4_000_000;

const LAST = `
  SELECT id, seq, run_id AS "runId", role, kind, content, created_at AS "createdAt" FROM (
    SELECT m.*, sum(length(m.content)) OVER (ORDER BY m.seq DESC) - length(m.content) AS before FROM (
      SELECT * FROM chat_messages
       WHERE session_id = $1 AND tenant_id = $2 AND ($3::bigint IS NULL OR seq < $3)
       ORDER BY seq DESC LIMIT $4 OFFSET $5) m) n
   WHERE before <= ${MOST_AT_ONCE} ORDER BY seq DESC`;

/** By the house: notices are for all tenants, and tell nothing but an id. */
const ONE = `
  SELECT id, seq, run_id AS "runId", role, kind, content, created_at AS "createdAt", session_id AS "sessionId"
    FROM chat_messages WHERE id = $1 AND replica_id <> $2`;

const SESSION = `SELECT ${SESSION_COLUMNS} FROM chat_sessions s WHERE s.id = $1`;

/** By the house: whether a gateway lives is no tenant's business. The session was judged before. */
const STANDING = `
  WITH asked AS (
    SELECT m.id, m.replica_id FROM chat_messages m
     WHERE m.session_id = $1 AND m.tenant_id = $2 AND m.run_id = $3 AND m.role = 'user'),
  answer AS (
    SELECT 1 FROM chat_messages m
     WHERE m.session_id = $1 AND m.tenant_id = $2 AND m.run_id = $3 AND m.role = 'assistant'),
  taken AS (
    UPDATE chat_messages m SET replica_id = $4 FROM asked
     WHERE m.id = asked.id AND m.replica_id = asked.replica_id AND NOT EXISTS (SELECT 1 FROM answer)
       AND (m.replica_id = $4
            OR NOT EXISTS (SELECT 1 FROM replicas r WHERE r.id = m.replica_id AND r.alive_until > now()))
    RETURNING m.id)
  SELECT CASE WHEN EXISTS (SELECT 1 FROM answer) THEN 'answered'
              WHEN EXISTS (SELECT 1 FROM taken) THEN 'taken over'
              WHEN NOT EXISTS (SELECT 1 FROM asked) THEN 'gone'
              ELSE 'elsewhere' END AS standing`;

/** A gateway that never was. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

const GIVE_UP = `
  UPDATE chat_messages m SET replica_id = $5
   WHERE m.session_id = $1 AND m.tenant_id = $2 AND m.run_id = $3 AND m.role = 'user' AND m.replica_id = $4
     AND NOT EXISTS (SELECT 1 FROM chat_messages a
                      WHERE a.session_id = $1 AND a.run_id = $3 AND a.role = 'assistant')`;

const ELSEWHERE = `
  SELECT u.run_id AS "runId" FROM chat_messages u JOIN replicas r ON r.id = u.replica_id AND r.alive_until > now()
   WHERE u.session_id = $1 AND u.tenant_id = $2 AND u.role = 'user' AND u.kind = 'message' AND u.replica_id <> $3
     AND NOT EXISTS (SELECT 1 FROM chat_messages a
                      WHERE a.session_id = $1 AND a.run_id = u.run_id AND a.role = 'assistant')`;
