import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Database } from './database.js';

export const CHANGE_KINDS = ['tenant', 'user', 'session', 'gateway-token', 'device', 'device-token'] as const;

/** A row that somebody may have cached is no longer what it was. */
export interface Change {
  readonly kind: (typeof CHANGE_KINDS)[number];
  readonly id: string;
}

/** Tells every replica, this one included, exactly once, what has changed. */
@Injectable()
export class Changes {
  constructor(protected readonly database: Database) {}

  /** Whether notices arrive. While they do not, nothing may be answered from a cache. */
  get live(): boolean {
    return false;
  }

  async publish(_change: Change, _manager?: EntityManager): Promise<void> {}

  subscribe(_listener: (change: Change) => void): () => void {
    return () => {};
  }

  onGap(_listener: () => void): () => void {
    return () => {};
  }
}
