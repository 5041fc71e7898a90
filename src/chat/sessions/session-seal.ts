import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Unavailable } from '../../kernel/errors.js';
import { BoundedMap } from '../../kernel/bounded-map.js';
import { open, seal, SealingKey, Unsealable } from '../../kernel/seal.js';
import { DataKeys } from '../../storage/data-keys.js';
import { Database } from '../../storage/database.js';
import { purposeOfSessionKey } from '../../storage/reseal-session-keys.js';
import type { Said, Session } from './session.js';

/** What a message is sealed for: moved into another row, it cannot be opened. */
const purposeOfMessage = (id: string): string => `chat-message:${id}`;

/** Keys of conversations that are remembered, opened. */
const REMEMBERED = 4096;

/** What a new session is made with. */
export interface NewKey {
  readonly id: string;
  readonly keySealed: string;
  readonly sealedWith: string;
}

/** Seals what is said in a session, with a key of its own that is itself sealed with a data key. */
@Injectable()
export class SessionSeal {
  private readonly opened = new BoundedMap<string, SealingKey>(REMEMBERED);

  constructor(
    private readonly keys: DataKeys,
    private readonly database: Database,
  ) {}

  /** In the transaction that stores the session: the data key cannot be retired before it is there. */
  async newKey(manager: EntityManager): Promise<NewKey> {
    const dataKey = await this.keys.current(manager);
    const id = randomUUID();
    const keySealed = seal(randomBytes(32).toString('hex'), dataKey, purposeOfSessionKey(id));
    return { id, keySealed, sealedWith: dataKey.id };
  }

  /** Rejects with Unavailable when the key of the session cannot be opened here. */
  async keyOf({ id, keySealed, sealedWith }: Session): Promise<SealingKey> {
    const known = this.opened.get(id);
    if (known) return known;
    const dataKey = await this.keys.find(sealedWith, (sql, parameters) => this.database.query(sql, parameters));
    const key = new SealingKey(Buffer.from(opened(keySealed, dataKey, purposeOfSessionKey(id)), 'hex'));
    this.opened.set(id, key);
    return key;
  }

  /** The text of a row, and the id that it has to be stored under. */
  seal(said: Said, key: SealingKey): { id: string; sealed: string } {
    const id = randomUUID();
    return { id, sealed: seal(JSON.stringify(said), key, purposeOfMessage(id)) };
  }

  /** Throws Unavailable for a row that was damaged. */
  open(id: string, sealed: string, key: SealingKey): Said {
    return JSON.parse(opened(sealed, key, purposeOfMessage(id))) as Said;
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
