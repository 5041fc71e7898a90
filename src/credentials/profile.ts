/** A reference to a secret, in the shape of the configuration: `{ source, provider?, id }`. */
export interface KeyReference {
  readonly source: string;
  readonly provider?: string;
  readonly id: string;
}

interface Common {
  readonly provider: string;
  readonly email?: string;
  /** What newer versions of the family write is kept through every rewrite. */
  readonly [unknown: string]: unknown;
}

export interface ApiKeyProfile extends Common {
  readonly type: 'api_key';
  readonly key?: string;
  /** Beats `key` (reference E.3). */
  readonly keyRef?: KeyReference;
}

/** A token that somebody pasted: it cannot be refreshed. */
export interface TokenProfile extends Common {
  readonly type: 'token';
  readonly token?: string;
  readonly tokenRef?: KeyReference;
  /** Milliseconds since the epoch. */
  readonly expires?: number;
}

export interface OAuthProfile extends Common {
  readonly type: 'oauth';
  readonly access?: string;
  readonly refresh?: string;
  /** Milliseconds since the epoch. */
  readonly expires?: number;
  readonly accountId?: string;
  readonly clientId?: string;
}

/** One stored credential of an agent at a model provider. */
export type Profile = ApiKeyProfile | TokenProfile | OAuthProfile;

/** How a profile has fared; kept apart from the credential, since it changes with every use. Times in ms since the epoch. */
export interface ProfileUsage {
  readonly lastUsed?: number;
  readonly cooldownUntil?: number;
  readonly cooldownReason?: string;
  /** The only model that the cooldown concerns; absent: all of them. */
  readonly cooldownModel?: string;
  readonly disabledUntil?: number;
  readonly disabledReason?: string;
  readonly errorCount?: number;
  readonly failureCounts?: Readonly<Record<string, number>>;
  readonly lastFailureAt?: number;
  readonly [unknown: string]: unknown;
}

/** What `auth-profiles.json` holds for one agent (the family's shape, version 1). */
export interface StoredProfiles {
  readonly version: number;
  readonly profiles: Readonly<Record<string, Profile>>;
  /** By provider: ids in the order in which they are tried. */
  readonly order?: Readonly<Record<string, readonly string[]>>;
  /** Written by the family, used by nobody: it would defeat taking turns. */
  readonly lastGood?: Readonly<Record<string, string>>;
  readonly usageStats?: Readonly<Record<string, ProfileUsage>>;
  readonly [unknown: string]: unknown;
}

export const NO_PROFILES: StoredProfiles = { version: 1, profiles: {} };

/** The largest time that a `Date` can hold; an `expires` beyond it is a mistake, not a far future. */
const LAST_INSTANT = 8_640_000_000_000_000;

export function isValidExpiry(expires: unknown): expires is number {
  return typeof expires === 'number' && Number.isFinite(expires) && expires > 0 && expires <= LAST_INSTANT;
}

const SLUG_GAP = /[^a-z0-9._-]+/g;

/** `<provider>:<name>`, the name in lower case and without what a profile id does not hold; an e-mail stays as it is. */
export function profileId(provider: string, name = 'default'): string {
  if (name.includes('@')) return `${provider}:${name}`;
  const slug = name
    .trim()
    .toLowerCase()
    .replace(SLUG_GAP, '-')
    .replace(/^-+|-+$/g, '');
  return `${provider}:${slug === '' ? 'default' : slug}`;
}

const ALIASES: Readonly<Record<string, string>> = {
  'z.ai': 'zai',
  'z-ai': 'zai',
  gemini: 'google',
  claude: 'anthropic',
};

/** One spelling for a provider: lower case, its known other names folded. */
export function providerId(name: string): string {
  const lower = name.trim().toLowerCase();
  return ALIASES[lower] ?? lower;
}
