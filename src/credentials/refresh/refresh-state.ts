import type { OAuthTokens } from '../oauth/oauth-tokens.js';
import { isValidExpiry, type OAuthProfile, type ProfileUsage, type StoredProfiles } from '../profile.js';
import { lastOf, refreshRefusal } from '../status/profile-health.js';
import { hasEnded, type Holder } from './holder.js';

/**
 * Who is refreshing a login, written before the provider is asked: it keeps everybody else from asking, and it is what is
 * left of a refresh that was cut off. It stands in `usageStats.<id>`, so that every kind of store keeps it the same way.
 */
export interface Lease extends Holder {
  /** Unlike any other. */
  readonly by: string;
  /** The end of the refresh token that is about to be used. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly until: number;
}

/** What the marks of refreshing are called in the store. */
interface Marks {
  readonly refreshing?: Lease;
  readonly refreshRefused?: { readonly at: number; readonly token: string; readonly reason: string };
  /** When the access token was given: how long it lives is told by nothing else. */
  readonly refreshedAt?: number;
}

/** An access token that nobody says the end of is renewed after an hour: most of them end then. */
const USUAL_LIFE_MS = 3_600_000;

export function marksOf(usage: ProfileUsage | undefined): Marks {
  return (usage ?? {}) as Marks;
}

export function loginOf({ profiles }: StoredProfiles, id: string): OAuthProfile | undefined {
  const profile = Object.hasOwn(profiles, id) ? profiles[id] : undefined;
  return profile?.type === 'oauth' ? profile : undefined;
}

/** Whether the access token can be used now. */
export function isGood({ access, expires }: OAuthProfile, now: number): boolean {
  return typeof access === 'string' && access !== '' && isValidExpiry(expires) && expires > now;
}

/** The file is the family's, and people edit it: what stands there need not be a text. */
export function canRefresh({ refresh }: OAuthProfile): boolean {
  return typeof refresh === 'string' && refresh !== '';
}

/** Whether a lease keeps others away: not when its time is over, nor when its process has ended (unless it is this one's). */
export function isHeld(lease: Lease | undefined, now: number, own: ReadonlySet<string>): boolean {
  if (!lease || lease.until <= now) return false;
  return own.has(lease.by) || !hasEnded(lease);
}

/** With the lease, or undefined when there is nothing to refresh, somebody does it already, or it was refused. */
export function leased(
  stored: StoredProfiles,
  id: string,
  lease: Lease,
  { needs, own }: { needs: (profile: OAuthProfile) => boolean; own: ReadonlySet<string> },
): StoredProfiles | undefined {
  const profile = loginOf(stored, id);
  const usage = stored.usageStats?.[id];
  if (!profile || !canRefresh(profile) || lastOf(profile.refresh) !== lease.token || !needs(profile)) return undefined;
  if (isHeld(marksOf(usage).refreshing, lease.at, own) || refreshRefusal(profile, usage) !== undefined)
    return undefined;
  return withMarks(stored, id, { refreshing: lease });
}

/**
 * With the new tokens, if those that they were got with are still there: else somebody has signed in anew, or refreshed
 * after the lease had run out, and what they wrote stays. This is the fence, whatever a lease may say.
 */
export function renewed(
  stored: StoredProfiles,
  id: string,
  used: string,
  { tokens, now }: { tokens: OAuthTokens; now: number },
): StoredProfiles | undefined {
  const profile = loginOf(stored, id);
  if (!profile || profile.refresh !== used) return undefined;
  const { access, refresh = used, expires = now + USUAL_LIFE_MS, account } = tokens;
  const next: OAuthProfile = {
    ...profile,
    access,
    refresh,
    expires,
    ...(profile.accountId === undefined && account && { accountId: account.accountId }),
  };
  const marks = { refreshing: undefined, refreshRefused: undefined, refreshedAt: now };
  return withMarks({ ...stored, profiles: { ...stored.profiles, [id]: next } }, id, marks);
}

/** With the provider's "no" to this very refresh token, unless another one is there by now. */
export function refused(
  stored: StoredProfiles,
  id: string,
  used: string,
  { reason, now }: { reason: string; now: number },
): StoredProfiles | undefined {
  if (loginOf(stored, id)?.refresh !== used) return undefined;
  const mark = { at: now, token: lastOf(used), reason };
  return withMarks(stored, id, { refreshing: undefined, refreshRefused: mark });
}

/** Without the lease, if it is still this one. */
export function released(stored: StoredProfiles, id: string, by: string): StoredProfiles | undefined {
  if (marksOf(stored.usageStats?.[id]).refreshing?.by !== by) return undefined;
  return withMarks(stored, id, { refreshing: undefined });
}

/** Undefined takes a mark away. */
function withMarks(stored: StoredProfiles, id: string, marks: Marks): StoredProfiles {
  const usage = Object.entries({ ...stored.usageStats?.[id], ...marks }).filter(([, mark]) => mark !== undefined);
  return { ...stored, usageStats: { ...stored.usageStats, [id]: Object.fromEntries(usage) } };
}
