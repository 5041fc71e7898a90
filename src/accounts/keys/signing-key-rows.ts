import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import { HOUSE_TENANT } from '../../kernel/identity.js';
import type { SealingKey } from '../../kernel/seal.js';
import { Database } from '../../storage/database.js';
import { EncryptionKey } from '../../storage/encryption-key.js';
import { ALGORITHM, newKeyPair, type Signer } from './signing-key.js';

/** How long a retired key stays published: longer than anything that it signed is good. */
const PUBLISHED_AFTER = `interval '1 hour'`;

export interface KeyRow {
  readonly id: string;
  readonly algorithm: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly privateSealed: string;
  readonly sealedWith: string;
  readonly retired: boolean;
  /** By the clock of the database, in milliseconds. */
  readonly ageMs: number;
  /** How long it still is to be published; null while it signs. */
  readonly msLeft: number | null;
}

export interface Rotation {
  /** `gateway` when it was time, else method and subject of who asked. */
  readonly actor: string;
  readonly requestId?: string;
  /** Whose keys make way: those that were sealed as ours are, or everybody's. */
  readonly retire: 'own' | 'all';
  /** Ends the old keys at once, and with them every access token that they signed. */
  readonly endOld?: boolean;
  /** No new key where one of ours is younger than that: replicas that find it due at once make one. */
  readonly unlessYoungerMs?: number;
}

/** The signing keys as rows. */
@Injectable()
export class SigningKeyRows {
  constructor(
    private readonly database: Database,
    private readonly encryption: EncryptionKey,
    private readonly audit: AuditService,
  ) {}

  sealingKey(): Promise<SealingKey> {
    return this.encryption.get();
  }

  /** What is published, newest first. With the manager of a transaction, as that sees it. */
  published(manager?: EntityManager): Promise<KeyRow[]> {
    return manager ? manager.query<KeyRow[]>(PUBLISHED) : this.database.query<KeyRow>(PUBLISHED);
  }

  /** Makes a new key and lets the old ones go. One at a time in the whole house; undefined when it was not needed. */
  async rotate(rotation: Rotation, manager?: EntityManager): Promise<Signer | undefined> {
    const sealing = await this.encryption.get();
    const work = (within: EntityManager): Promise<Signer | undefined> => this.replace(rotation, sealing, within);
    return manager ? work(manager) : this.database.transaction(work);
  }

  private async replace(rotation: Rotation, sealing: SealingKey, manager: EntityManager): Promise<Signer | undefined> {
    const { actor, requestId, retire, endOld = false, unlessYoungerMs = 0 } = rotation;
    await manager.query(`SELECT pg_advisory_xact_lock(hashtext('doorward signing keys'))`);
    const young = await manager.query<unknown[]>(YOUNG, [sealing.id, unlessYoungerMs / 1000]);
    if (young.length > 0) return undefined;

    const whose = retire === 'all' ? null : sealing.id;
    if (endOld) await manager.query(`DELETE FROM signing_keys WHERE $1::text IS NULL OR sealed_with = $1`, [whose]);
    else await manager.query(RETIRE, [whose]);
    await manager.query(`DELETE FROM signing_keys WHERE retired_at < now() - interval '1 day'`);

    const id = randomUUID();
    const { publicJwk, privateSealed, key } = newKeyPair(id, sealing);
    await manager.query(INSERT, [id, ALGORITHM, JSON.stringify(publicJwk), privateSealed, sealing.id]);
    const what = { action: 'signing-key.rotated', target: `signing-key:${id}`, detail: { retire, endOld } };
    await this.audit.append({ tenantId: HOUSE_TENANT, actor, requestId, ...what }, manager);
    return { kid: id, algorithm: ALGORITHM, key };
  }
}

const PUBLISHED = `
  SELECT id, algorithm, public_jwk AS "publicJwk", private_sealed AS "privateSealed", sealed_with AS "sealedWith",
         retired_at IS NOT NULL AS retired,
         floor(extract(epoch FROM now() - created_at) * 1000)::float8 AS "ageMs",
         floor(extract(epoch FROM retired_at + ${PUBLISHED_AFTER} - now()) * 1000)::float8 AS "msLeft"
    FROM signing_keys
   WHERE retired_at IS NULL OR retired_at > now() - ${PUBLISHED_AFTER}
   ORDER BY created_at DESC, id`;

const YOUNG = `
  SELECT 1 FROM signing_keys
   WHERE retired_at IS NULL AND sealed_with = $1 AND created_at > now() - make_interval(secs => $2)`;

const RETIRE = `
  UPDATE signing_keys SET retired_at = now() WHERE retired_at IS NULL AND ($1::text IS NULL OR sealed_with = $1)`;

const INSERT = `
  INSERT INTO signing_keys (id, algorithm, public_jwk, private_sealed, sealed_with, created_at)
  VALUES ($1, $2, $3, $4, $5, clock_timestamp())`;
