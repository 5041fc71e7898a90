import { randomBytes, randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Unavailable } from '../../kernel/errors.js';
import { BoundedMap } from '../../kernel/bounded-map.js';
import { LOG, type Log } from '../../kernel/log.js';
import { open, seal, SealingKey, Unsealable } from '../../kernel/seal.js';
import { DataKeys } from '../../storage/data-keys.js';
import { Database } from '../../storage/database.js';
import { EncryptionKey } from '../../storage/encryption-key.js';
import { purposeOfSessionKey } from '../../storage/reseal-session-keys.js';
import type { Said, Session } from './session.js';

/** What a message is sealed for: moved into another row, it cannot be opened. */
const purposeOfMessage = (id: string): string => `chat-message:${id}`;

/** Keys of conversations that are remembered, opened. */
const REMEMBERED = 4096;

/** What a new session is made with. */
export interface NewKey {
  readonly id: string;
  readonly keySealed: string | null;
  readonly sealedWith: string | null;
}

/**
 * Seals what is said in a session, with a key of its own that is itself sealed with a data key: wherever every gateway on
 * the database can open it.
 */
@Injectable()
export class SessionSeal implements OnModuleInit {
  private readonly opened = new BoundedMap<string, SealingKey>(REMEMBERED);

  constructor(
    private readonly keys: DataKeys,
    private readonly encryption: EncryptionKey,
    private readonly database: Database,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onModuleInit(): void {
    if (this.database.mode === 'none' || this.isOn) return;
    this.log.info(
      'chat: what is said is stored unsealed; give every gateway the same database.encryptionKey to seal it',
    );
  }

  /** A key in a file of this gateway's own would shut every other one on the database out. */
  private get isOn(): boolean {
    return this.encryption.isConfigured || this.database.mode === 'embedded';
  }

  /** In the transaction that stores the session: the data key cannot be retired before it is there. */
  async newKey(manager: EntityManager): Promise<NewKey> {
    const id = randomUUID();
    if (!this.isOn) return { id, keySealed: null, sealedWith: null };
    const dataKey = await this.keys.current(manager);
    const keySealed = seal(randomBytes(32).toString('hex'), dataKey, purposeOfSessionKey(id));
    return { id, keySealed, sealedWith: dataKey.id };
  }

  /** Undefined for a session that is not sealed. Rejects with Unavailable when its key cannot be opened here. */
  async keyOf({ id, keySealed, sealedWith }: Session): Promise<SealingKey | undefined> {
    if (keySealed === null || sealedWith === null) return undefined;
    const known = this.opened.get(id);
    if (known) return known;
    const dataKey = await this.keys.find(sealedWith, (sql, parameters) => this.database.query(sql, parameters));
    const key = new SealingKey(Buffer.from(opened(keySealed, dataKey, purposeOfSessionKey(id)), 'hex'));
    this.opened.set(id, key);
    return key;
  }

  /** The text of a row, and the id that it has to be stored under. */
  seal(said: Said, key: SealingKey | undefined): { id: string; content: string } {
    const id = randomUUID();
    const plain = JSON.stringify(said);
    return { id, content: key ? seal(plain, key, purposeOfMessage(id)) : plain };
  }

  /** Throws Unavailable for a row that was damaged. */
  open(id: string, content: string, key: SealingKey | undefined): Said {
    return JSON.parse(key ? opened(content, key, purposeOfMessage(id)) : content) as Said;
  }
}

function opened(sealed: string, key: SealingKey, purpose: string): string {
  try {
    return open(sealed, key, purpose);
  } catch (error) {
    if (!(error instanceof Unsealable)) throw error;
    throw new Unavailable(`${purpose} cannot be opened: ${error.message}`, { cause: error });
  }
}
