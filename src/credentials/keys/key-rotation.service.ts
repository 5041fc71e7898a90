import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import { Refused } from '../../kernel/errors.js';
import { HOUSE_TENANT } from '../../kernel/identity.js';
import { DataKeys, LOCK_DATA_KEYS } from '../../storage/data-keys.js';
import { Database } from '../../storage/database.js';
import { EncryptionKey } from '../../storage/encryption-key.js';
import { resealSessionKeys } from '../../storage/reseal-session-keys.js';
import { sealAnew } from '../../storage/sealed-places.js';
import { resealProfiles } from './reseal-profiles.js';
import { readNewKey } from './new-key-file.js';

export interface RotationOrder {
  /** Method and subject of who asks. */
  readonly actor: string;
  readonly requestId?: string;
  /** Replaces the encryption key as well: an absolute path on this machine to 64 hex characters. */
  readonly newKeyFile?: string;
}

export interface Rotated {
  /** Id of the data key that seals from now on. */
  readonly dataKey: string;
  /** How many agents' profiles were sealed anew. */
  readonly resealed: number;
  /** Set where the encryption key was replaced. */
  readonly encryptionKey?: {
    readonly id: string;
    /** Whether the configuration still names the old key, which somebody must change before the next start. */
    readonly mustBeConfigured: boolean;
  };
}

/** The keys that secrets in the database are sealed with, by id; never what they are. */
export interface KeyStatus {
  readonly encryptionKey: { readonly id: string; readonly from: 'configuration' | 'file' };
  readonly dataKeys: readonly {
    readonly id: string;
    readonly createdAt: Date;
    readonly isCurrent: boolean;
    /** Whether this gateway can open it. */
    readonly canBeOpened: boolean;
    /** How many agents' profiles are sealed with it. */
    readonly sealed: number;
  }[];
}

interface KeyRow {
  readonly id: string;
  readonly sealedWith: string;
  readonly createdAt: Date;
  readonly retired: boolean;
  readonly sealed: number;
}

/**
 * New keys for what is sealed in the database. Every step is a transaction of its own and leaves all of it readable, so
 * that a rotation that was cut short is finished by the next one.
 */
@Injectable()
export class KeyRotationService {
  constructor(
    private readonly database: Database,
    private readonly keys: DataKeys,
    private readonly encryption: EncryptionKey,
    private readonly audit: AuditService,
  ) {}

  /** Throws Refused for a file that holds no key, Unavailable when something cannot be opened or the database asked. */
  async rotate({ newKeyFile, ...by }: RotationOrder): Promise<Rotated> {
    const encryptionKey = newKeyFile === undefined ? undefined : await this.replace(newKeyFile, by);
    const dataKey = await this.database.transaction((manager) => this.renew(by, manager));
    const resealed = await resealProfiles(this.database, this.keys, dataKey);
    await resealSessionKeys(this.database, this.keys, dataKey);
    await this.database.query(
      `DELETE FROM data_keys k WHERE retired_at IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM auth_profiles p WHERE p.sealed_with = k.id)
          AND NOT EXISTS (SELECT 1 FROM chat_sessions s WHERE s.sealed_with = k.id)`,
    );
    return { dataKey, resealed, ...(encryptionKey && { encryptionKey }) };
  }

  async status(): Promise<KeyStatus> {
    const encryption = await this.encryption.get();
    const rows = await this.database.query<KeyRow>(STATUS);
    return {
      encryptionKey: { id: encryption.id, from: this.encryption.isConfigured ? 'configuration' : 'file' },
      dataKeys: rows.map(({ id, sealedWith, createdAt, retired, sealed }) => {
        return { id, createdAt, isCurrent: !retired, canBeOpened: sealedWith === encryption.id, sealed };
      }),
    };
  }

  private async renew({ actor, requestId }: RotationOrder, manager: EntityManager): Promise<string> {
    await manager.query(LOCK_DATA_KEYS);
    const { id } = await this.keys.make(manager);
    await manager.query(`UPDATE data_keys SET retired_at = now() WHERE retired_at IS NULL AND id <> $1`, [id]);
    const what = { action: 'data-key.rotated', target: `data-key:${id}`, detail: {} };
    await this.audit.append({ tenantId: HOUSE_TENANT, actor, requestId, ...what }, manager);
    return id;
  }

  private async replace(path: string, { actor, requestId }: RotationOrder): Promise<Rotated['encryptionKey']> {
    const next = readNewKey(path);
    const previous = await this.encryption.get();
    if (next.id === previous.id) {
      const message = 'holds the key that is in use already';
      const fields = [{ path: 'newKeyFile', message }];
      throw new Refused('conflict', { message: `newKeyFile: ${message}`, fields });
    }
    await this.encryption.prepare(next);
    try {
      await this.database.transaction(async (manager) => {
        await manager.query(LOCK_DATA_KEYS);
        const sealed = await sealAnew(previous, next, manager);
        const what = { action: 'encryption-key.replaced', target: `encryption-key:${next.id}`, detail: { sealed } };
        await this.audit.append({ tenantId: HOUSE_TENANT, actor, requestId, ...what }, manager);
        // Before the commit: who hears of changed rows opens them with the new key.
        this.encryption.use(next);
      });
    } catch (error) {
      this.encryption.use(previous);
      throw error;
    }
    await this.encryption.settle();
    return { id: next.id, mustBeConfigured: this.encryption.isConfigured };
  }
}

const STATUS = `
  SELECT k.id, k.sealed_with AS "sealedWith", k.created_at AS "createdAt", k.retired_at IS NOT NULL AS retired,
         (SELECT count(*)::int FROM auth_profiles p WHERE p.sealed_with = k.id) AS sealed
    FROM data_keys k ORDER BY k.created_at DESC, k.id`;
