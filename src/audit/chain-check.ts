import { BEGINNING, linkOf } from './audit-chain.js';
import type { AuditRecord } from './audit-record.js';

/**
 * `changed`: not what it was. `missing`: not there. `unlinked`: does not follow from the row before it. `beyond`: after
 * the row that was noted as the last.
 */
export const FAULT_KINDS = ['changed', 'missing', 'unlinked', 'beyond'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

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
  private isSound = true;

  constructor(private readonly tenantId: string) {}

  /** The last row so far; undefined before the first. */
  get head(): { readonly seq: number; readonly hash: string } | undefined {
    return this.seq === 0 ? undefined : { seq: this.seq, hash: this.hash };
  }

  /** The next row, in the order of the numbers. Afterwards the chain is taken up from here, to find what else is wrong. */
  next(record: AuditRecord): ChainFault | undefined {
    const fault = this.faultAt(record);
    this.isSound = fault === undefined;
    return fault;
  }

  /** After the last row: whether the chain ends where it ended when that was written. */
  end({ seq, hash } = { seq: 0, hash: BEGINNING }): ChainFault | undefined {
    const { tenantId } = this;
    if (seq > this.seq) return { tenantId, seq: this.seq + 1, fault: 'missing' };
    if (seq < this.seq) return { tenantId, seq: seq + 1, fault: 'beyond' };
    return this.isSound && hash !== this.hash ? { tenantId, seq, fault: 'changed' } : undefined;
  }

  private faultAt({ hash, previousHash, ...row }: AuditRecord): ChainFault | undefined {
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
