import { Injectable } from '@nestjs/common';
import { Bulkhead } from '../kernel/bulkhead.js';
import { AuditReader } from './audit-reader.js';
import { ChainCheck, type ChainFault } from './chain-check.js';

/** How the chains stand. */
export interface AuditVerdict {
  readonly ok: boolean;
  readonly tenants: number;
  readonly rows: number;
  /** How many places are wrong. */
  readonly faultCount: number;
  /** The first of them. */
  readonly faults: readonly ChainFault[];
  /** Of a single tenant: its last row. Whoever writes it down elsewhere need not believe the database about the end. */
  readonly head?: { readonly seq: number; readonly hash: string };
}

const MOST_FAULTS = 100;

/** Waiting verifications: they are long, and one at a time is what a gateway can spare. */
const MOST_WAITING = 8;

/**
 * Finds rows that were changed, taken out, cut off or put in (contract section 10). Every row is read and its hash computed, a few
 * hundred rows in memory at a time.
 */
@Injectable()
export class AuditVerification {
  private readonly running = new Map<string, Promise<AuditVerdict>>();
  private readonly places = new Bulkhead(1, MOST_WAITING);

  constructor(private readonly reader: AuditReader) {}

  /** Of one tenant, or of all. Who asks while the same is asked gets the same answer. Rejects with Unavailable. */
  verify(tenantId?: string): Promise<AuditVerdict> {
    const key = tenantId ?? '';
    const running = this.running.get(key);
    if (running) return running;

    const work = this.places.run(() => this.walk(tenantId)).finally(() => this.running.delete(key));
    this.running.set(key, work);
    return work;
  }

  private async walk(only?: string): Promise<AuditVerdict> {
    const tenants = only === undefined ? await this.reader.tenants() : [only];
    const faults: ChainFault[] = [];
    let rows = 0;
    let faultCount = 0;
    let head: AuditVerdict['head'];
    for (const tenantId of tenants) {
      const check = new ChainCheck(tenantId);
      const note = (found: readonly ChainFault[]): void => {
        faultCount += found.length;
        faults.push(...found.slice(0, MOST_FAULTS - faults.length));
      };
      const { last, noted } = await this.reader.end(tenantId);
      for await (const stretch of this.reader.chain(tenantId, {}, last)) {
        rows += stretch.length;
        note(stretch.flatMap((record) => check.next(record) ?? []));
      }
      note([check.end(noted) ?? []].flat());
      if (only !== undefined) head = check.head;
    }
    return { ok: faultCount === 0, tenants: tenants.length, rows, faultCount, faults, ...(head && { head }) };
  }
}
