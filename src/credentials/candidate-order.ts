import { type Block, blockOf } from './cooldown.js';
import { isValidExpiry, type Profile, providerId, type StoredProfiles } from './profile.js';

/** What the configuration says about profiles: metadata and order, never a secret. */
export interface ProfileRules {
  /** `auth.profiles`: by id, which provider and which kind of credential it must be. */
  readonly profiles: Readonly<
    Record<string, { readonly provider: string; readonly mode: 'api_key' | 'token' | 'oauth' }>
  >;
  /** `auth.order`: by provider. */
  readonly order: Readonly<Record<string, readonly string[]>>;
}

export interface CandidateQuery {
  readonly provider: string;
  readonly model?: string;
  /** The profile of the session, tried first. */
  readonly pin?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Why a profile that was thought of is not tried (the words of `models status --probe`). */
export type Exclusion =
  | 'missing_credential'
  | 'provider_mismatch'
  | 'mode_mismatch'
  | 'expired'
  | 'invalid_expires'
  | 'excluded_by_auth_order';

export interface Candidate {
  readonly id: string;
  readonly profile: Profile;
  /** Resting profiles come last, and are tried only by somebody who has nothing else. */
  readonly block?: Block;
}

export interface CandidateOrder {
  readonly candidates: readonly Candidate[];
  readonly excluded: readonly { readonly id: string; readonly why: Exclusion }[];
  /** Which list gave the order, to be shown. */
  readonly source: 'stored order' | 'auth.order' | 'auth.profiles' | 'stored profiles';
}

/** A login that refreshes itself is worth more than a pasted token, and that more than a key. */
export const TYPE_RANK: Readonly<Record<Profile['type'], number>> = { oauth: 0, token: 1, api_key: 2 };

/** Which stored profiles are tried for a provider, and in which order (reference F.3). */
export function candidateOrder(stored: StoredProfiles, rules: ProfileRules, query: CandidateQuery): CandidateOrder {
  const provider = providerId(query.provider);
  const { ids, source, isExplicit } = baseOf(stored, rules, provider);
  const excluded: { id: string; why: Exclusion }[] = [];
  const candidates: Candidate[] = [];
  for (const id of new Set(ids)) {
    const profile = stored.profiles[id];
    const why = exclusionOf(id, profile, provider, rules, query.now);
    if (why !== undefined || !profile) excluded.push({ id, why: why ?? 'missing_credential' });
    else candidates.push({ id, profile, block: blockOf(stored.usageStats?.[id], query.model, query.now) });
  }
  if (isExplicit) excluded.push(...leftOut(stored, provider, new Set(ids)));

  const free = candidates.filter(({ block }) => !block);
  const resting = candidates.filter(({ block }) => block).sort((a, b) => a.block!.until - b.block!.until);
  if (!isExplicit) free.sort((a, b) => byWorth(a, b, stored));
  return { candidates: pinned([...free, ...resting], query.pin), excluded, source };
}

function baseOf(stored: StoredProfiles, rules: ProfileRules, provider: string) {
  const ordered = forProvider(stored.order, provider);
  if (ordered) return { ids: ordered, source: 'stored order', isExplicit: true } as const;
  const configured = forProvider(rules.order, provider);
  if (configured) return { ids: configured, source: 'auth.order', isExplicit: true } as const;
  const named = Object.keys(rules.profiles).filter((id) => providerId(rules.profiles[id]!.provider) === provider);
  if (named.length > 0) return { ids: named, source: 'auth.profiles', isExplicit: false } as const;
  return { ids: idsOf(stored, provider), source: 'stored profiles', isExplicit: false } as const;
}

function exclusionOf(
  id: string,
  profile: Profile | undefined,
  provider: string,
  rules: ProfileRules,
  now: number,
): Exclusion | undefined {
  if (!profile) return 'missing_credential';
  if (providerId(profile.provider) !== provider) return 'provider_mismatch';
  const mode = rules.profiles[id]?.mode;
  // Somebody who signed in may have stored the result as a token; the other way round is another credential.
  if (mode !== undefined && mode !== profile.type && !(mode === 'oauth' && profile.type === 'token'))
    return 'mode_mismatch';
  return shortcomingOf(profile, now);
}

/** What makes a credential useless whatever is asked of it. */
export function shortcomingOf(profile: Profile, now: number): Exclusion | undefined {
  switch (profile.type) {
    case 'api_key':
      return profile.keyRef || hasText(profile.key) ? undefined : 'missing_credential';
    case 'token':
      if (profile.expires !== undefined && !isValidExpiry(profile.expires)) return 'invalid_expires';
      if (profile.expires !== undefined && profile.expires <= now) return 'expired';
      return profile.tokenRef || hasText(profile.token) ? undefined : 'missing_credential';
    case 'oauth':
      return hasText(profile.access) || hasText(profile.refresh) ? undefined : 'missing_credential';
    default:
      return 'missing_credential'; // of a kind that only a newer version knows
  }
}

function byWorth(a: Candidate, b: Candidate, { usageStats = {} }: StoredProfiles): number {
  const byType = TYPE_RANK[a.profile.type] - TYPE_RANK[b.profile.type];
  return byType || (usageStats[a.id]?.lastUsed ?? 0) - (usageStats[b.id]?.lastUsed ?? 0);
}

function pinned(candidates: readonly Candidate[], pin: string | undefined): Candidate[] {
  const first = candidates.filter(({ id }) => id === pin);
  return [...first, ...candidates.filter(({ id }) => id !== pin)];
}

function leftOut(stored: StoredProfiles, provider: string, listed: ReadonlySet<string>) {
  const others = idsOf(stored, provider).filter((id) => !listed.has(id));
  return others.map((id) => ({ id, why: 'excluded_by_auth_order' as const }));
}

function idsOf({ profiles }: StoredProfiles, provider: string): string[] {
  return Object.keys(profiles).filter((id) => providerId(profiles[id]!.provider) === provider);
}

/** The entry of a map by provider, whichever way its name is written. */
export function forProvider<T>(map: Readonly<Record<string, T>> | undefined, provider: string): T | undefined {
  const key = Object.keys(map ?? {}).find((name) => providerId(name) === provider);
  return key === undefined ? undefined : map![key];
}

function hasText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
