import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Unavailable } from '../kernel/errors.js';
import { open, seal, SealingKey, Unsealable } from '../kernel/seal.js';
import { EncryptionKey } from './encryption-key.js';

/** Runs one statement: the database itself, or a transaction's manager. */
export type Ask = <T>(sql: string, parameters?: readonly unknown[]) => Promise<T[]>;

interface Row {
  readonly id: string;
  readonly sealed: string;
  readonly sealedWith: string;
}

/** What a data key is sealed for. */
export const purposeOfDataKey = (id: string): string => `data-key:${id}`;

const COLUMNS = `id, sealed, sealed_with AS "sealedWith"`;

const CURRENT = `SELECT ${COLUMNS} FROM data_keys WHERE retired_at IS NULL ORDER BY created_at DESC LIMIT 1 FOR SHARE`;

/** Whoever makes or retires data keys does it alone, until the transaction ends. */
export const LOCK_DATA_KEYS = `SELECT pg_advisory_xact_lock(hashtext('doorward data keys'))`;

/**
 * The keys that rows are sealed with. Each stands in the database, sealed with the encryption key: so that one can be
 * replaced without the other, and rows of old keys stay readable until they are sealed anew.
 */
@Injectable()
export class DataKeys {
  /** A key never changes under its id. */
  private readonly opened = new Map<string, SealingKey>();

  constructor(private readonly encryption: EncryptionKey) {}

  /** The key to seal with now, made when there is none. It cannot be retired before the transaction ends. */
  async current(manager: EntityManager): Promise<SealingKey> {
    const [row] = await manager.query<Row[]>(CURRENT);
    if (row) return this.open(row);
    // There is none yet, or it was retired while we waited for it: whoever did that has made another.
    await manager.query(LOCK_DATA_KEYS);
    const [later] = await manager.query<Row[]>(CURRENT);
    return later ? this.open(later) : this.make(manager);
  }

  /** The key with this id. Rejects with Unavailable when it cannot be opened with the encryption key of this gateway. */
  async find(id: string, ask: Ask): Promise<SealingKey> {
    const known = this.opened.get(id);
    if (known) return known;
    const [row] = await ask<Row>(`SELECT ${COLUMNS} FROM data_keys WHERE id = $1`, [id]);
    if (!row) throw new Unavailable(`the data key ${id} is not in the database`);
    return this.open(row);
  }

  /** Adds a new key, with which everything is sealed from now on. */
  async make(manager: EntityManager): Promise<SealingKey> {
    const encryption = await this.encryption.get();
    const key = new SealingKey(randomBytes(32));
    const sealed = seal(Buffer.from(key.bytes).toString('hex'), encryption, purposeOfDataKey(key.id));
    await manager.query(`INSERT INTO data_keys (id, sealed, sealed_with) VALUES ($1, $2, $3)`, [
      key.id,
      sealed,
      encryption.id,
    ]);
    return key; // not remembered: the transaction may yet be undone
  }

  private async open({ id, sealed, sealedWith }: Row): Promise<SealingKey> {
    const known = this.opened.get(id);
    if (known) return known;
    const encryption = await this.encryption.find(sealedWith);
    if (!encryption) {
      throw new Unavailable(
        `what is sealed in the database needs the encryption key ${sealedWith}, and this gateway has another one: set database.encryptionKey to the right one`,
      );
    }
    try {
      const key = new SealingKey(Buffer.from(open(sealed, encryption, purposeOfDataKey(id)), 'hex'));
      this.opened.set(id, key);
      return key;
    } catch (error) {
      if (!(error instanceof Unsealable)) throw error;
      throw new Unavailable(`the data key ${id} was damaged`, { cause: error });
    }
  }
}
