import {
  candidateOrder,
  type CandidateOrder,
  type CandidateQuery,
  type ProfileRules,
  TYPE_RANK,
} from './candidate-order.js';
import { blockOf } from './cooldown.js';
import { type Profile, type ProfileUsage, providerId, type StoredProfiles } from './profile.js';

interface Entry {
  readonly id: string;
  readonly profile: Profile;
  /** Its place while nothing was used. */
  readonly rank: number;
  usage: ProfileUsage | undefined;
}

/**
 * The profiles of one agent at one provider, sorted once for as long as the store and the configuration stay the same,
 * and kept sorted while they are used: the first free one stands near the front, however many there are. It answers as
 * `candidateOrder` does, of which it is the quick form.
 */
export class CandidateIndex {
  private readonly entries: Entry[];
  private readonly isExplicit: boolean;
  private readonly byId: ReadonlyMap<string, Entry>;

  constructor(
    readonly stored: StoredProfiles,
    readonly rules: ProfileRules,
    readonly provider: string,
    usageOf: (id: string) => ProfileUsage | undefined,
    now: number,
  ) {
    // Without usage nothing rests and nothing was used before: what is left is who may be tried, the best kinds first.
    const order = candidateOrder({ ...stored, usageStats: {} }, rules, { provider, now });
    this.entries = order.candidates.map(({ id, profile }, rank) => ({ id, profile, rank, usage: usageOf(id) }));
    this.isExplicit = order.source === 'stored order' || order.source === 'auth.order';
    this.byId = new Map(this.entries.map((entry) => [entry.id, entry]));
    if (!this.isExplicit) this.entries.sort(byTurn);
  }

  /** How many profiles there are that could be tried, resting or not. */
  get size(): number {
    return this.entries.length;
  }

  /** Tells the index how a profile has fared since. */
  used(id: string, usage: ProfileUsage | undefined): void {
    const entry = this.byId.get(id);
    if (!entry) return;
    const hadItsTurn = lastUse({ usage }) !== lastUse(entry);
    if (!hadItsTurn || this.isExplicit) {
      entry.usage = usage;
      return;
    }
    this.entries.splice(this.entries.indexOf(entry), 1);
    entry.usage = usage;
    this.entries.splice(this.placeOf(entry), 0, entry);
  }

  /** The first profile that may be tried now and is not among `tried`; a pinned one comes first, resting or not. */
  first(
    query: Omit<CandidateQuery, 'provider'>,
    tried: ReadonlySet<string>,
  ): { id: string; profile: Profile } | undefined {
    const { model, pin, now } = query;
    const pinned = pin === undefined ? undefined : this.byId.get(pin);
    if (pinned && !tried.has(pinned.id) && !hasExpired(pinned.profile, now)) return pinned;
    return this.entries.find(({ id, profile, usage }) => {
      return !tried.has(id) && !blockOf(usage, model, now) && !hasExpired(profile, now);
    });
  }

  /** When the first of the resting profiles may be tried again, in ms since the epoch; undefined when none rests. */
  nextFree(model: string | undefined, now: number): number | undefined {
    const ends = this.entries.flatMap(({ usage }) => blockOf(usage, model, now)?.until ?? []);
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  /** Where an entry belongs among those that are sorted. */
  private placeOf(entry: Entry): number {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byTurn(this.entries[middle]!, entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The whole order with its reasons, for whoever wants to be shown it. */
  explain(query: Omit<CandidateQuery, 'provider'>): CandidateOrder {
    const usageStats = Object.fromEntries(this.entries.map(({ id, usage }) => [id, usage ?? {}]));
    return candidateOrder({ ...this.stored, usageStats }, this.rules, {
      ...query,
      provider: providerId(this.provider),
    });
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

function lastUse({ usage }: Pick<Entry, 'usage'>): number {
  return usage?.lastUsed ?? 0;
}
