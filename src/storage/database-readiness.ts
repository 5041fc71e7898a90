import { Injectable } from '@nestjs/common';
import { type FailingPart, Readiness } from '../kernel/readiness.js';
import { Database } from './database.js';

/** Whether the rows can be had. */
@Injectable()
export class DatabaseReadiness extends Readiness {
  constructor(private readonly storage: Database) {
    super();
  }

  override failing(): FailingPart[] {
    const { mode, ready, reason = 'not reachable' } = this.storage.state();
    return ready || mode === 'none' ? [] : [{ part: 'database', reason }];
  }

  override get database(): string {
    return this.storage.state().description;
  }
}
