import { shortcomingOf } from '../candidate-order.js';
import { isValidExpiry, type OAuthProfile, type Profile, type ProfileUsage } from '../profile.js';

/** From when on somebody is warned, before a credential ends. */
export const WARN_BEFORE_MS = 24 * 3_600_000;

/** `static`: it has no end that is known. */
export type Health = 'ok' | 'expiring' | 'expired' | 'missing' | 'static';

export interface ProfileHealth {
  readonly health: Health;
  /** Milliseconds since the epoch. */
  readonly expires?: number;
  /** What is wrong, or what will happen, in a sentence. */
  readonly detail?: string;
}

/** How good a stored credential is at `now`; a login is judged by whether it can go on, not by its hour-long access. */
export function profileHealth(profile: Profile, usage: ProfileUsage | undefined, now: number): ProfileHealth {
  if (profile.type === 'oauth') return loginHealth(profile, usage, now);
  const shortcoming = shortcomingOf(profile, now);
  if (shortcoming === 'missing_credential') return { health: 'missing', detail: 'nothing is stored' };
  if (shortcoming === 'invalid_expires') return { health: 'expired', detail: 'its expiry is no time' };
  return profile.type === 'token' && profile.expires !== undefined
    ? untilThen(profile.expires, now)
    : { health: 'static' };
}

/** The mark of a refresh that was refused: it stands for that very refresh token, so a new login outlives it. */
export function refreshRefusal(profile: OAuthProfile, usage: ProfileUsage | undefined): string | undefined {
  const { refreshRefused: refused } = (usage ?? {}) as { refreshRefused?: { token?: string; reason?: string } };
  return refused && refused.token === lastOf(profile.refresh) ? (refused.reason ?? 'refused') : undefined;
}

/** Enough of a token to tell it from the next one, too little to be of use. */
export function lastOf(token: string | undefined): string {
  return (token ?? '').slice(-4);
}

function loginHealth(profile: OAuthProfile, usage: ProfileUsage | undefined, now: number): ProfileHealth {
  const hasAccess = isText(profile.access);
  const refusal = refreshRefusal(profile, usage);
  if (refusal !== undefined) {
    return {
      health: 'expired',
      expires: profile.expires,
      detail: `sign in again: the refresh was refused (${refusal})`,
    };
  }
  if (isText(profile.refresh)) return { health: 'ok', expires: profile.expires, detail: 'refreshes itself' };
  if (!hasAccess) return { health: 'missing', detail: 'nothing is stored' };
  return isValidExpiry(profile.expires) ? untilThen(profile.expires, now) : { health: 'static' };
}

function untilThen(expires: number, now: number): ProfileHealth {
  if (expires <= now) return { health: 'expired', expires };
  return { health: expires - now <= WARN_BEFORE_MS ? 'expiring' : 'ok', expires };
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
