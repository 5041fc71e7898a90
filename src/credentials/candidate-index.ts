import {
  candidateOrder,
  type CandidateOrder,
  type CandidateQuery,
  type ProfileRules,
  TYPE_RANK,
} from './candidate-order.js';
import { blockOf, restsUntil } from './cooldown.js';
import { type Profile, type ProfileUsage, providerId, type StoredProfiles } from './profile.js';
import { SortedRow } from './sorted-row.js';

interface Entry {
  readonly id: string;
  readonly profile: Profile;
  /** Its place while nothing was used. */
  readonly rank: number;
  usage: ProfileUsage | undefined;
  /** Until when it rests for every model, in ms since the epoch; 0 when it does not. */
  until: number;
}

/**
 * The profiles of one agent at one provider, sorted once for as long as the store and the configuration stay the same,
 * and kept sorted while they are used: the first free one stands at the front, however many there are and however many
 * rest. It answers as `candidateOrder` does, of which it is the quick form.
 */
export class CandidateIndex {
  private readonly byId: ReadonlyMap<string, Entry>;
  /** In the order in which they are tried. A few of them may still rest for one model. */
  private readonly ready: SortedRow<Entry>;
  /** Whoever wakes first stands first. */
  private readonly resting = new SortedRow<Entry>((a, b) => a.until - b.until);

  constructor(
    readonly stored: StoredProfiles,
    readonly rules: ProfileRules,
    readonly provider: string,
    usageOf: (id: string) => ProfileUsage | undefined,
    now: number,
  ) {
    // Without usage nothing rests and nothing was used before: what is left is who may be tried, the best kinds first.
    const order = candidateOrder({ ...stored, usageStats: {} }, rules, { provider, now });
    const isExplicit = order.source === 'stored order' || order.source === 'auth.order';
    this.ready = new SortedRow<Entry>(isExplicit ? (a, b) => a.rank - b.rank : byTurn);
    const entries = order.candidates.map(({ id, profile }, rank): Entry => {
      const usage = usageOf(id);
      return { id, profile, rank, usage, until: restsUntil(usage, now) };
    });
    this.byId = new Map(entries.map((entry) => [entry.id, entry]));
    this.ready.fill(entries.filter(({ until }) => until === 0));
    this.resting.fill(entries.filter(({ until }) => until > 0));
  }

  /** How many profiles there are that could be tried, resting or not. */
  get size(): number {
    return this.byId.size;
  }

  /** Tells the index how a profile has fared since. */
  used(id: string, usage: ProfileUsage | undefined, now: number): void {
    const entry = this.byId.get(id);
    if (!entry) return;
    this.rowOf(entry).remove(entry);
    entry.usage = usage;
    entry.until = restsUntil(usage, now);
    this.rowOf(entry).add(entry);
  }

  /** The first profile that may be tried now and is not among `tried`; a pinned one comes first, resting or not. */
  first(
    query: Omit<CandidateQuery, 'provider'>,
    tried: ReadonlySet<string>,
  ): { id: string; profile: Profile } | undefined {
    const { model, pin, now } = query;
    const pinned = pin === undefined ? undefined : this.byId.get(pin);
    if (pinned && !tried.has(pinned.id) && !hasExpired(pinned.profile, now)) return pinned;
    this.wake(now);
    for (const entry of this.ready.items) {
      const isFree = !blockOf(entry.usage, model, now) && !hasExpired(entry.profile, now);
      if (isFree && !tried.has(entry.id)) return entry;
    }
    return undefined;
  }

  /** When the first of the resting profiles may be tried again, in ms since the epoch; undefined when none rests. */
  nextFree(model: string | undefined, now: number): number | undefined {
    const ends = [...this.byId.values()].flatMap(({ usage }) => blockOf(usage, model, now)?.until ?? []);
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  /** The whole order with its reasons, for whoever wants to be shown it. */
  explain(query: Omit<CandidateQuery, 'provider'>): CandidateOrder {
    const usageStats = Object.fromEntries([...this.byId].map(([id, { usage }]) => [id, usage ?? {}]));
    return candidateOrder({ ...this.stored, usageStats }, this.rules, {
      ...query,
      provider: providerId(this.provider),
    });
  }

  private rowOf({ until }: Entry): SortedRow<Entry> {
    return until === 0 ? this.ready : this.resting;
  }

  private wake(now: number): void {
    for (let first = this.resting.items[0]; first && first.until <= now; first = this.resting.items[0]) {
      this.used(first.id, first.usage, now);
    }
  }
}

/** The only shortcoming that comes with time; the others were found when the index was made. */
function hasExpired(profile: Profile, now: number): boolean {
  return profile.type === 'token' && profile.expires !== undefined && profile.expires <= now;
}

/** The best kind first, and of each kind the one whose last turn is the longest ago. */
function byTurn(a: Entry, b: Entry): number {
  return TYPE_RANK[a.profile.type] - TYPE_RANK[b.profile.type] || lastUse(a) - lastUse(b) || a.rank - b.rank;
}

function lastUse({ usage }: Entry): number {
  return usage?.lastUsed ?? 0;
}
