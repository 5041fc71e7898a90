import { BEGINNING, linkOf } from './audit-chain.js';
import type { AuditRecord } from './audit-record.js';

/** `changed`: not what it was. `missing`: not there. `unlinked`: does not follow from the row before it. */
export type FaultKind = 'changed' | 'missing' | 'unlinked';

/** What is wrong at one place of a chain. */
export interface ChainFault {
  readonly tenantId: string;
  /** Of the row that is wrong, or of the first that is not there. */
  readonly seq: number;
  readonly fault: FaultKind;
}

/** Goes along the chain of one tenant, row by row, and remembers nothing but the last one. */
export class ChainCheck {
  private seq = 0;
  private hash = BEGINNING;

  /** The last row so far; undefined before the first. */
  get head(): { readonly seq: number; readonly hash: string } | undefined {
    return this.seq === 0 ? undefined : { seq: this.seq, hash: this.hash };
  }

  /** The next row, in the order of the numbers. Afterwards the chain is taken up from here, to find what else is wrong. */
  next({ hash, previousHash, ...row }: AuditRecord): ChainFault | undefined {
    const expected = this.seq + 1;
    const before = this.hash;
    this.seq = row.seq;
    this.hash = hash;

    const { tenantId, seq } = row;
    if (seq > expected) return { tenantId, seq: expected, fault: 'missing' };
    if (linkOf(previousHash, row) !== hash) return { tenantId, seq, fault: 'changed' };
    if (previousHash !== before || seq < expected) return { tenantId, seq, fault: 'unlinked' };
    return undefined;
  }
}
