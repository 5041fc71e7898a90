import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Database } from './database.js';
import { CHANNEL } from './engine.js';

export const CHANGE_KINDS = [
  'tenant',
  'user',
  'session',
  'gateway-token',
  'device',
  'device-token',
  'pairing-request',
  'signing-key',
  'auth-profiles',
  'auth-profile-usage',
  'budget',
  'budget-recall',
  'chat-abort',
  'chat-answer',
] as const;

/** A row that somebody may have cached is no longer what it was. */
export interface Change {
  readonly kind: (typeof CHANGE_KINDS)[number];
  readonly id: string;
}

/** `<kind> <id>` */
const NOTICE = /^([a-z-]+) (\S+)$/;
const NOTIFY = 'select pg_notify($1, $2)';

/**
 * Tells every replica, this one included, what has changed: once, and only after it was committed. NOTIFY keeps these
 * promises in PostgreSQL and in the embedded one alike.
 */
@Injectable()
export class Changes {
  constructor(private readonly database: Database) {}

  /** Whether notices arrive. While they do not, nothing may be answered from a cache. */
  get live(): boolean {
    return this.database.notices.live;
  }

  /** With the manager of a transaction the change is told when that commits, and never if it is rolled back. */
  async publish({ kind, id }: Change, manager?: EntityManager): Promise<void> {
    const parameters = [CHANNEL, `${kind} ${id}`];
    await (manager ? manager.query(NOTIFY, parameters) : this.database.query(NOTIFY, parameters));
  }

  subscribe(listener: (change: Change) => void): () => void {
    return this.database.notices.onNotice((payload) => {
      const change = parse(payload);
      if (change) listener(change);
    });
  }

  /** The channel was interrupted: whatever is cached must be dropped, and open connections checked again. */
  onGap(listener: () => void): () => void {
    return this.database.notices.onGap(listener);
  }
}

/** Undefined for kinds that only a newer replica knows, and for what others say on the channel. */
function parse(payload: string): Change | undefined {
  const match = NOTICE.exec(payload);
  const kind = CHANGE_KINDS.find((known) => known === match?.[1]);
  return kind && match?.[2] ? { kind, id: match[2] } : undefined;
}
