import { agentsOf, aliasesOf } from '../agent-list.js';
import { candidateOrder, type ProfileRules } from '../candidate-order.js';
import { type Block, blockOf, countedUsage } from '../cooldown.js';
import { keysOf } from '../environment-keys.js';
import { referenceOf } from '../key-reference.js';
import type { ModelConfig } from '../model-config.js';
import type { ModelProvider } from '../model-providers.js';
import { modelRefText } from '../model-ref.js';
import { providersOf, publicAddress } from '../provider-list.js';
import { type KeyReference, type Profile, providerId, type StoredProfiles } from '../profile.js';
import { type Health, profileHealth } from './profile-health.js';
import type { Sight } from './sight.js';

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
  /** Its reference leads to no secret. */
  readonly isLost?: true;
  readonly block?: {
    readonly kind: Block['kind'];
    readonly reason: string;
    readonly until: string;
    readonly remainingMs: number;
  };
}

/** What a provider is opened with: the strongest source that it has. `expired`: what was there has ended. */
export type Effective = 'profiles' | 'environment' | 'configuration' | 'keyless' | 'expired' | 'missing';

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
  readonly config: ModelConfig;
  /** `auth.profiles` and `auth.order`. */
  readonly rules: ProfileRules;
  /** The agent's own profiles, and those that it inherits. */
  readonly stored: StoredProfiles;
  /** Where the profiles are, in words. */
  readonly store: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Whether a reference leads to a value; undefined: nobody has looked. */
  readonly isResolved?: (reference: KeyReference) => boolean | undefined;
  /** Undefined: everything is seen. */
  readonly sight?: Sight;
}

/** Which credentials an agent has, how good each is, and whether its models can be asked (reference F.9). */
export function modelStatus(ground: StatusGround): ModelStatus {
  const { agent: id, config, store, sight } = ground;
  const isOpen = (provider: string): boolean => !sight || sight.opens(provider);
  const agent = agentsOf(config).get(id);
  const primary = agent?.primary && isOpen(agent.primary.provider) ? agent.primary : undefined;
  const fallbacks = (agent?.fallbacks ?? []).filter(({ provider }) => isOpen(provider));
  const models = [...(primary ? [primary] : []), ...fallbacks];
  const inUse = new Set(models.map(({ provider }) => provider));
  const known = providersOf(config);
  const providers = shownProviders(ground, known, inUse)
    .filter(isOpen)
    .map((name) => providerStatus(name, known.get(name), ground, inUse.has(name)));
  const closed = providers.filter((one) => one.inUse && isClosed(one));
  return {
    agent: id,
    store,
    ...(primary && { defaultModel: modelRefText(primary) }),
    fallbacks: fallbacks.map(modelRefText),
    aliases: Object.fromEntries([...aliasesOf(config)].filter(([alias]) => !sight || sight.find(alias).length > 0)),
    providers,
    missingProvidersInUse: closed.map((one) => one.id),
    verdict: verdictOf(providers, closed),
  };
}

/** Whether nothing opens a provider. */
export function isClosed({ effective }: ProviderStatus): boolean {
  return effective === 'missing' || effective === 'expired';
}

/** Whether nothing opens any provider: "No credentials found". */
export function hasNothing(providers: readonly ProviderStatus[]): boolean {
  return providers.every(({ effective }) => effective === 'missing');
}

/** Those that are used, configured, or have a credential; a list of every built-in one would hide them. */
function shownProviders(
  { stored, variables }: StatusGround,
  known: ReadonlyMap<string, ModelProvider>,
  inUse: ReadonlySet<string>,
): string[] {
  const stocked = Object.values(stored.profiles).map(({ provider }) => providerId(provider));
  const named = [...known.values()].filter(({ isConfigured, id }) => isConfigured || keysOf(id, variables).length > 0);
  return [...new Set([...inUse, ...named.map(({ id }) => id), ...stocked])].sort((a, b) => a.localeCompare(b));
}

function providerStatus(
  id: string,
  provider: ModelProvider | undefined,
  ground: StatusGround,
  inUse: boolean,
): ProviderStatus {
  const { profiles: all } = ground.stored;
  const ids = Object.keys(all).filter((name) => providerId(all[name]!.provider) === id);
  const profiles = ids.map((name) => profileStatus(name, ground));
  const variables = keysOf(id, ground.variables).map(({ variable }) => variable);
  return {
    id,
    dialect: provider?.dialect ?? 'unknown',
    baseUrl: provider && URL.canParse(provider.baseUrl) ? publicAddress(provider.baseUrl) : '',
    inUse,
    effective: effectiveOf(id, profiles, variables, provider, ground),
    variables: [...new Set(variables)],
    profiles,
  };
}

function effectiveOf(
  id: string,
  profiles: readonly ProfileStatus[],
  variables: readonly string[],
  provider: ModelProvider | undefined,
  { stored, rules, now }: StatusGround,
): Effective {
  if (provider?.usesAws) return 'missing';
  const { candidates } = candidateOrder(stored, rules, { provider: id, now });
  const good = new Set(profiles.filter(({ health }) => !isSpent(health)).map((profile) => profile.id));
  if (candidates.some((candidate) => good.has(candidate.id))) return 'profiles';
  if (variables.length > 0) return 'environment';
  if (provider?.apiKey !== undefined) return 'configuration';
  if (provider?.isKeyless) return 'keyless';
  return profiles.some(({ health }) => health === 'expired') ? 'expired' : 'missing';
}

const isSpent = (health: Health): boolean => health === 'missing' || health === 'expired';

function profileStatus(id: string, { stored, now, isResolved }: StatusGround): ProfileStatus {
  const profile = stored.profiles[id]!;
  const usage = stored.usageStats?.[id];
  const { health, expires, detail } = profileHealth(profile, usage, now);
  const [, reference] = referenceOf(profile) ?? [];
  const isLost = reference ? isResolved?.(reference) === false : hasCrookedReference(profile);
  const block = blockOf(countedUsage(providerId(profile.provider), usage), undefined, now);
  return {
    id,
    provider: providerId(profile.provider),
    type: profile.type,
    health: isLost ? 'missing' : health,
    ...(typeof profile.email === 'string' && { email: profile.email }),
    ...(expires !== undefined && { expiresAt: new Date(expires).toISOString() }),
    ...(isLost && { isLost }),
    ...(isLost ? { detail: 'its reference leads to no secret' } : detail !== undefined && { detail }),
    ...(block && { block: { ...block, until: new Date(block.until).toISOString(), remainingMs: block.until - now } }),
  };
}

/** Whoever uses it would find no secret there. */
function hasCrookedReference(profile: Profile): boolean {
  const written = profile.type === 'api_key' ? profile.keyRef : profile.type === 'token' && profile.tokenRef;
  return Boolean(written) && referenceOf(profile) === undefined;
}

/** Keys never end; only logins and tokens are judged, and providers in use that nothing opens. */
function verdictOf(providers: readonly ProviderStatus[], closed: readonly ProviderStatus[]): Verdict {
  const judged = providers.flatMap(({ profiles }) => profiles).filter(({ type }) => type !== 'api_key');
  const is = (health: Health): boolean => judged.some((profile) => profile.health === health);
  const isMissing = closed.some(({ effective }) => effective === 'missing') || hasNothing(providers);
  if (isMissing || is('missing')) return 'missing';
  if (closed.length > 0 || is('expired')) return 'expired';
  return is('expiring') ? 'expiring' : 'ok';
}
