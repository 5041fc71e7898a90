import type { Clock } from '../kernel/clock.js';
import type { AuditEntry } from './audit-chain.js';

/** How long repetitions are summed up before their sum is a row. */
export const WINDOW_MS = 60_000;

interface Repeated {
  readonly entry: AuditEntry;
  /** Beyond the first. */
  more: number;
}

/**
 * What may happen thousands of times a second, as a few rows: the first of a kind is noted at once, the others of the
 * same minute are one row with their number. The sum of `detail.count` is how often it happened; a flood cannot fill
 * the disk, also not from ever new addresses.
 */
export class Repetitions {
  private kinds = new Map<string, Repeated>();
  private cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly note: (entry: AuditEntry) => void,
    /** Different kinds within a window. */
    private readonly most: number,
  ) {}

  /**
   * One more of `kind`. `rest` is the kind of those that have no place of their own, with what may be said of them all;
   * without it each of them is noted as it comes.
   */
  add(kind: string, entry: AuditEntry, rest?: { readonly kind: string; readonly entry: AuditEntry }): void {
    const known = this.kinds.get(kind);
    if (known) known.more += 1;
    else if (this.kinds.size < this.most || kind === rest?.kind) this.begin(kind, entry);
    else if (rest) this.add(rest.kind, rest.entry, rest);
    else this.note(counted(entry, 1));
  }

  /** Notes the sums of the window so far, and begins another. */
  close(): void {
    this.cancel?.();
    this.cancel = undefined;
    const { kinds } = this;
    this.kinds = new Map();
    for (const { entry, more } of kinds.values()) if (more > 0) this.note(counted(entry, more));
  }

  private begin(kind: string, entry: AuditEntry): void {
    this.cancel ??= this.clock.after(WINDOW_MS, () => this.close());
    // The sum is of many requests: it names none of them.
    this.kinds.set(kind, { entry: { ...entry, requestId: undefined }, more: 0 });
    this.note(counted(entry, 1));
  }
}

const counted = (entry: AuditEntry, count: number): AuditEntry => ({ ...entry, detail: { ...entry.detail, count } });
