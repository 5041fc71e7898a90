import { candidateOrder, type CandidateOrder, type CandidateQuery, type ProfileRules } from './candidate-order.js';
import { blockOf } from './cooldown.js';
import { type Profile, type ProfileUsage, providerId, type StoredProfiles } from './profile.js';

interface Entry {
  readonly id: string;
  readonly profile: Profile;
  usage: ProfileUsage | undefined;
}

/**
 * The profiles of one agent at one provider, sorted once for as long as the store and the configuration stay the same:
 * among a thousand of them the first free one is found by a walk, without sorting anew for each request. It answers as
 * `candidateOrder` does, of which it is the quick form.
 */
export class CandidateIndex {
  private readonly entries: readonly Entry[];
  private readonly isExplicit: boolean;
  private readonly ranks: ReadonlyMap<string, number>;

  constructor(
    readonly stored: StoredProfiles,
    readonly rules: ProfileRules,
    readonly provider: string,
    usageOf: (id: string) => ProfileUsage | undefined,
    now: number,
  ) {
    // Without usage nothing rests and nothing was used before: what is left is who may be tried, the best kinds first.
    const order = candidateOrder({ ...stored, usageStats: {} }, rules, { provider, now });
    this.entries = order.candidates.map(({ id, profile }) => ({ id, profile, usage: usageOf(id) }));
    this.isExplicit = order.source === 'stored order' || order.source === 'auth.order';
    this.ranks = new Map(this.entries.map(({ id }, rank) => [id, rank]));
  }

  /** How many profiles there are that could be tried, resting or not. */
  get size(): number {
    return this.entries.length;
  }

  /** Tells the index how a profile has fared since. */
  used(id: string, usage: ProfileUsage | undefined): void {
    const entry = this.entries[this.ranks.get(id) ?? -1];
    if (entry) entry.usage = usage;
  }

  /** The first profile that may be tried now and is not among `tried`; a pinned one comes first, resting or not. */
  first(
    query: Omit<CandidateQuery, 'provider'>,
    tried: ReadonlySet<string>,
  ): { id: string; profile: Profile } | undefined {
    const { model, pin, now } = query;
    const pinned = this.entries[this.ranks.get(pin ?? '') ?? -1];
    if (pinned && !tried.has(pinned.id) && !hasExpired(pinned.profile, now)) return pinned;

    let best: Entry | undefined;
    for (const entry of this.entries) {
      if (best && best.profile.type !== entry.profile.type && !this.isExplicit) break; // sorted by kind: none better follows
      if (tried.has(entry.id) || blockOf(entry.usage, model, now) || hasExpired(entry.profile, now)) continue;
      if (this.isExplicit) return entry;
      if (!best || lastUse(entry) < lastUse(best)) best = entry;
    }
    return best;
  }

  /** When the first of the resting profiles may be tried again, in ms since the epoch; undefined when none rests. */
  nextFree(model: string | undefined, now: number): number | undefined {
    const ends = this.entries.flatMap(({ usage }) => blockOf(usage, model, now)?.until ?? []);
    return ends.length === 0 ? undefined : Math.min(...ends);
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

function lastUse({ usage }: Entry): number {
  return usage?.lastUsed ?? 0;
}
