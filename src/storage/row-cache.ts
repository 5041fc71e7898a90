import { BoundedMap } from '../kernel/bounded-map.js';
import type { Change, Changes } from './changes.js';

/** A row that a digest leads to, and what it hangs on: its own id first, then its user, tenant, session … */
export interface CachedRow {
  readonly concerns: readonly [own: Change, ...others: Change[]];
}

const ROWS = 131_072;
const MISSES = 8192;

/**
 * Rows by digest, kept until a change notice names them: the database is asked once, not on every request. While
 * notices do not arrive nothing is answered from memory, so a revoked token cannot live on in a cache.
 */
export class RowCache<R extends CachedRow> {
  private readonly rows = new BoundedMap<string, R>(ROWS);
  /** A static token may have the form of a gateway token, and is then looked up in vain again and again (S073). */
  private readonly misses = new BoundedMap<string, true>(MISSES);
  private readonly digests = new Map<string, string>();
  private readonly asked = new Map<string, Promise<R | undefined>>();
  private generation = 0;

  constructor(
    private readonly changes: Changes,
    private readonly kind: Change['kind'],
    private readonly fetch: (digest: string) => Promise<R | undefined>,
  ) {
    changes.subscribe((change) => this.drop(change));
    changes.onGap(() => this.clear());
  }

  /** The row of a digest, at once when it is known. Rejects with Unavailable when the database cannot tell. */
  get(digest: string): R | undefined | Promise<R | undefined> {
    if (!this.changes.live) return this.ask(digest);
    const row = this.rows.get(digest);
    if (row) return row;
    return this.misses.get(digest) ? undefined : this.ask(digest);
  }

  private ask(digest: string): Promise<R | undefined> {
    const running = this.asked.get(digest);
    if (running) return running;

    const { generation } = this;
    const answer = this.fetch(digest)
      .then((row) => {
        // A notice that came meanwhile may have been about this very row: then the answer is used, but not kept.
        if (generation === this.generation && this.changes.live) this.keep(digest, row);
        return row;
      })
      .finally(() => this.asked.delete(digest));
    this.asked.set(digest, answer);
    return answer;
  }

  private keep(digest: string, row: R | undefined): void {
    if (!row) return this.misses.set(digest, true);
    this.rows.set(digest, row);
    this.digests.set(row.concerns[0].id, digest);
    if (this.digests.size > 2 * ROWS) this.clear();
  }

  private drop(change: Change): void {
    this.generation += 1;
    this.asked.clear();
    this.misses.clear();
    if (change.kind === this.kind) {
      this.rows.delete(this.digests.get(change.id) ?? '');
      this.digests.delete(change.id);
      return;
    }
    for (const [known, row] of this.rows.entries()) {
      if (row.concerns.some(({ kind, id }) => kind === change.kind && id === change.id)) this.rows.delete(known);
    }
  }

  private clear(): void {
    this.generation += 1;
    this.asked.clear();
    this.rows.clear();
    this.misses.clear();
    this.digests.clear();
  }
}
