import type { ConfigSnapshot } from '../../config/settings.js';
import { agents } from '../agents.js';
import { modelAliases } from '../agents.js';
import { type Block, blockOf } from '../cooldown.js';
import { type EnvironmentKey, environmentKey, environmentKeys } from '../environment-keys.js';
import { modelProviders, publicAddress } from '../model-providers.js';
import { modelRefText } from '../model-ref.js';
import { type KeyReference, type Profile, providerId, type StoredProfiles } from '../profile.js';
import { type Health, profileHealth } from './profile-health.js';

/** One stored credential, without what it holds. */
export interface ProfileStatus {
  readonly id: string;
  readonly provider: string;
  readonly type: Profile['type'];
  readonly health: Health;
  readonly email?: string;
  /** ISO 8601. */
  readonly expiresAt?: string;
  readonly detail?: string;
  readonly block?: {
    readonly kind: Block['kind'];
    readonly reason: string;
    readonly until: string;
    readonly remainingMs: number;
  };
}

/** What a provider is opened with: the strongest source that it has. */
export type Effective = 'profiles' | 'environment' | 'configuration' | 'keyless' | 'missing';

export interface ProviderStatus {
  readonly id: string;
  readonly dialect: string;
  /** Without what may be secret in it. */
  readonly baseUrl: string;
  /** Whether the agent's models are among its. */
  readonly inUse: boolean;
  readonly effective: Effective;
  /** Names of variables, never values. */
  readonly variables: readonly string[];
  readonly profiles: readonly ProfileStatus[];
}

/** `missing` and `expired` are told with exit code 1, `expiring` with 2 (contract section 9). */
export type Verdict = 'ok' | 'expiring' | 'expired' | 'missing';

export interface ModelStatus {
  readonly agent: string;
  readonly store: string;
  readonly defaultModel?: string;
  readonly fallbacks: readonly string[];
  readonly aliases: Readonly<Record<string, string>>;
  readonly providers: readonly ProviderStatus[];
  readonly missingProvidersInUse: readonly string[];
  readonly verdict: Verdict;
}

/** What a status is made from; nothing of it is changed, nobody is asked. */
export interface StatusGround {
  readonly agent: string;
  readonly config: ConfigSnapshot;
  readonly stored: StoredProfiles;
  /** Where the profiles are, in words. */
  readonly store: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Whether a reference leads to a value; undefined: nobody has looked. */
  readonly isResolved?: (reference: KeyReference) => boolean | undefined;
}

/** Which credentials an agent has, how good each is, and whether its models can be asked (reference F.9). */
export function modelStatus(ground: StatusGround): ModelStatus {
  const { agent: id, config, store } = ground;
  const agent = config.once(agents).get(id);
  const models = [agent?.primary, ...(agent?.fallbacks ?? [])].flatMap((ref) => ref ?? []);
  const inUse = new Set(models.map(({ provider }) => provider));
  const providers = shownProviders(ground, inUse).map((provider) => providerStatus(provider, ground, inUse));
  const missing = providers
    .filter((provider) => provider.inUse && provider.effective === 'missing')
    .map((one) => one.id);
  return {
    agent: id,
    store,
    ...(agent?.primary && { defaultModel: modelRefText(agent.primary) }),
    fallbacks: (agent?.fallbacks ?? []).map(modelRefText),
    aliases: Object.fromEntries(config.once(modelAliases)),
    providers,
    missingProvidersInUse: missing,
    verdict: verdictOf(providers, missing.length > 0 || providers.every(({ effective }) => effective === 'missing')),
  };
}

/** Those that are used, configured, or have a credential; a list of every built-in one would hide them. */
function shownProviders({ config, stored, variables }: StatusGround, inUse: ReadonlySet<string>): string[] {
  const known = config.once(modelProviders);
  const stocked = Object.values(stored.profiles).map(({ provider }) => providerId(provider));
  const named = [...known.values()].filter(({ isConfigured, id }) => isConfigured || keysOf(id, variables).length > 0);
  return [...new Set([...inUse, ...named.map(({ id }) => id), ...stocked])].sort((a, b) => a.localeCompare(b));
}

function providerStatus(id: string, ground: StatusGround, inUse: ReadonlySet<string>): ProviderStatus {
  const provider = ground.config.once(modelProviders).get(id);
  const ids = Object.keys(ground.stored.profiles).filter(
    (name) => providerId(ground.stored.profiles[name]!.provider) === id,
  );
  const profiles = ids.map((name) => profileStatus(name, ground));
  const variables = keysOf(id, ground.variables).map(({ variable }) => variable);
  return {
    id,
    dialect: provider?.dialect ?? 'unknown',
    baseUrl: provider && URL.canParse(provider.baseUrl) ? publicAddress(provider.baseUrl) : '',
    inUse: inUse.has(id),
    effective: effectiveOf(profiles, variables, provider),
    variables: [...new Set(variables)],
    profiles,
  };
}

function effectiveOf(
  profiles: readonly ProfileStatus[],
  variables: readonly string[],
  provider: { apiKey?: string; isKeyless: boolean } | undefined,
): Effective {
  if (profiles.some(({ health }) => health !== 'missing' && health !== 'expired')) return 'profiles';
  if (variables.length > 0) return 'environment';
  if (provider?.apiKey !== undefined) return 'configuration';
  return provider?.isKeyless ? 'keyless' : 'missing';
}

function profileStatus(id: string, { stored, now, isResolved }: StatusGround): ProfileStatus {
  const profile = stored.profiles[id]!;
  const usage = stored.usageStats?.[id];
  const { health, expires, detail } = profileHealth(profile, usage, now);
  const isLost = referencesOf(profile).some((reference) => isResolved?.(reference) === false);
  const block = blockOf(usage, undefined, now);
  return {
    id,
    provider: providerId(profile.provider),
    type: profile.type,
    health: isLost ? 'missing' : health,
    ...(typeof profile.email === 'string' && { email: profile.email }),
    ...(expires !== undefined && { expiresAt: new Date(expires).toISOString() }),
    ...(isLost ? { detail: 'its reference leads to no secret' } : detail !== undefined && { detail }),
    ...(block && { block: { ...block, until: new Date(block.until).toISOString(), remainingMs: block.until - now } }),
  };
}

function referencesOf(profile: Profile): KeyReference[] {
  if (profile.type === 'api_key') return profile.keyRef ? [profile.keyRef] : [];
  return profile.type === 'token' && profile.tokenRef ? [profile.tokenRef] : [];
}

/** Keys never end; only logins and tokens are judged, and providers that nothing opens. */
function verdictOf(providers: readonly ProviderStatus[], isMissing: boolean): Verdict {
  const judged = providers.flatMap(({ profiles }) => profiles).filter(({ type }) => type !== 'api_key');
  if (isMissing || judged.some(({ health }) => health === 'missing')) return 'missing';
  if (judged.some(({ health }) => health === 'expired')) return 'expired';
  return judged.some(({ health }) => health === 'expiring') ? 'expiring' : 'ok';
}

function keysOf(provider: string, variables: Readonly<Record<string, string>>): EnvironmentKey[] {
  return environmentKeys(provider, variables, environmentKey(provider, variables));
}
