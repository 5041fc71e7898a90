import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type AnswerStore, KEPT, type KeyedRequest, type Known } from './http/answer-store.js';
import { Idempotency } from './http/idempotency.js';
import { Database } from './storage/database.js';
import { Replicas } from './storage/replicas.js';

/** How many answers are kept between two looks at what has ended and what is too much. */
const CLEAN_EVERY = 64;

const BEGIN = `
  WITH free AS (
    INSERT INTO idempotent_answers AS a (key_digest, tenant_id, caller_digest, fingerprint, replica_id, expires_at)
    VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
    ON CONFLICT (key_digest) DO UPDATE SET
           fingerprint = excluded.fingerprint, replica_id = excluded.replica_id, sealed = NULL,
           created_at = excluded.created_at, expires_at = excluded.expires_at
     WHERE a.expires_at <= now()
    RETURNING key_digest)
  SELECT true AS first, '' AS fingerprint, NULL AS sealed, true AS elsewhere FROM free
  UNION ALL
  SELECT false, a.fingerprint, a.sealed,
         (a.replica_id <> $5 AND EXISTS (SELECT 1 FROM replicas r WHERE r.id = a.replica_id AND r.alive_until > now()))
    FROM idempotent_answers a WHERE a.key_digest = $1 AND NOT EXISTS (SELECT 1 FROM free)`;

interface Row {
  readonly first: boolean;
  readonly fingerprint: string;
  readonly sealed: string | null;
  /** Whether another gateway carries it out, and lives. What this one carries out never asks here a second time. */
  readonly elsewhere: boolean;
}

/**
 * Keeps answers to keyed requests in the rows, so that every gateway on the database gives the same one, also after a
 * restart. A request whose gateway died before the answer was kept is never carried out again by itself.
 */
@Injectable()
export class AnswerRows implements AnswerStore, OnModuleInit {
  private kept = 0;

  constructor(
    private readonly database: Database,
    private readonly replicas: Replicas,
    private readonly idempotency: Idempotency,
  ) {}

  onModuleInit(): void {
    if (this.database.mode !== 'none') this.idempotency.keepIn(this);
  }

  async begin({ key, tenantId, caller, fingerprint }: KeyedRequest): Promise<Known | undefined> {
    await this.replicas.present();
    const { own } = this.replicas;
    const [row] = await this.database.query<Row>(BEGIN, [key, tenantId, caller, fingerprint, own, KEPT.lifeMs / 1000]);
    // Entered by somebody else between the two halves of the statement: it is seen the next time.
    if (!row) return { state: 'under way', fingerprint };
    if (row.first) return undefined;
    const { sealed } = row;
    if (sealed !== null) return { state: 'answered', fingerprint: row.fingerprint, sealed };
    return { state: row.elsewhere ? 'under way' : 'cut short', fingerprint: row.fingerprint };
  }

  async keep({ key, caller }: KeyedRequest, sealed: string): Promise<void> {
    await this.database.query(`UPDATE idempotent_answers SET sealed = $2 WHERE key_digest = $1 AND replica_id = $3`, [
      key,
      sealed,
      this.replicas.own,
    ]);
    this.kept += 1;
    if (this.kept % CLEAN_EVERY === 0) await this.clean(caller);
  }

  async release({ key }: KeyedRequest): Promise<void> {
    await this.database.query(`DELETE FROM idempotent_answers WHERE key_digest = $1 AND replica_id = $2`, [
      key,
      this.replicas.own,
    ]);
  }

  /** What has ended goes, and of a caller who keeps too much the oldest. */
  private async clean(caller: string): Promise<void> {
    await this.database.query(
      `DELETE FROM idempotent_answers WHERE expires_at <= now() OR key_digest IN (
         SELECT key_digest FROM idempotent_answers WHERE caller_digest = $1 AND sealed IS NOT NULL
          ORDER BY created_at DESC OFFSET $2)`,
      [caller, KEPT.perCaller],
    );
  }
}
