import type { Profile } from '../profile.js';
import type { ModelStatus, ProfileStatus, ProviderStatus, Verdict } from './model-status.js';
import { problemOf } from './problem.js';
import { type Health, WARN_BEFORE_MS } from './profile-health.js';

/** One profile in the family's words. Times in ms since the epoch, as its programs expect them. */
export interface ProfileHealthView {
  /** Only for who may see everything, as is `email`. */
  readonly profileId?: string;
  readonly email?: string;
  readonly provider: string;
  readonly type: Profile['type'];
  readonly status: Health;
  readonly expiresAt?: number;
  readonly remainingMs?: number;
  /** Only for who may see everything: it may repeat what the provider said. */
  readonly detail?: string;
}

export interface UnusableProfileView {
  readonly profileId?: string;
  readonly provider: string;
  readonly kind: 'cooldown' | 'disabled';
  readonly reason: string;
  readonly until: number;
  readonly remainingMs: number;
}

export interface ProviderAuthView {
  readonly provider: string;
  readonly api: string;
  /** Only for who may see everything: it may tell of somebody's network. */
  readonly baseUrl?: string;
  readonly inUse: boolean;
  readonly effective: { readonly kind: EffectiveKind; readonly detail: string };
  readonly profiles: {
    readonly count: number;
    readonly oauth: number;
    readonly token: number;
    readonly apiKey: number;
    readonly labels?: readonly string[];
  };
  /** The variables that hold its keys, never a value; only for who may see everything, as is `config`. */
  readonly env?: { readonly variables: readonly string[] };
  /** That the configuration holds a key. */
  readonly config?: { readonly path: string };
}

export type EffectiveKind = 'profiles' | 'env' | 'config' | 'keyless' | 'missing';

/** The status of an agent's models in the shape of reference F.9. */
export interface StatusView {
  readonly agent: string;
  readonly verdict: Verdict;
  /** What `models status --check` ends with. */
  readonly exitCode: 0 | 1 | 2;
  /** What to do, where something is missing. */
  readonly problem?: string;
  readonly configPath?: string | null;
  readonly agentDir?: string;
  readonly defaultModel: string | null;
  readonly resolvedDefault: string | null;
  readonly fallbacks: readonly string[];
  readonly imageModel: null;
  readonly imageFallbacks: readonly string[];
  readonly aliases: Readonly<Record<string, string>>;
  readonly allowed: readonly string[];
  readonly auth: {
    readonly storePath?: string;
    readonly shellEnvFallback: { readonly enabled: boolean; readonly appliedKeys: readonly string[] };
    readonly providersWithOAuth: readonly string[];
    readonly missingProvidersInUse: readonly string[];
    readonly providers: readonly ProviderAuthView[];
    readonly unusableProfiles: readonly UnusableProfileView[];
    readonly oauth: {
      readonly warnAfterMs: number;
      readonly profiles: readonly ProfileHealthView[];
      readonly providers: readonly {
        readonly provider: string;
        readonly status: Health;
        readonly expiresAt?: number;
      }[];
    };
  };
}

/** What the status of the credentials alone does not know. */
export interface StatusSurroundings {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Whether ids, e-mail addresses, paths and names of variables are shown: to admins of the house alone. */
  readonly details: boolean;
  readonly configPath?: string;
  readonly agentDir?: string;
  /** Names of models that may be asked for; empty: any. */
  readonly allowed?: readonly string[];
  readonly shellEnv?: { readonly enabled: boolean; readonly appliedKeys: readonly string[] };
}

const EXIT_CODES: Readonly<Record<Verdict, 0 | 1 | 2>> = { ok: 0, expired: 1, missing: 1, expiring: 2 };

/** From the best to the worst. */
const HEALTHS: readonly Health[] = ['static', 'ok', 'expiring', 'expired', 'missing'];

/** Shapes a status for whoever asks. Who may not see everything sees how things stand, and not whose they are. */
export function statusView(status: ModelStatus, around: StatusSurroundings): StatusView {
  const { agent, verdict, providers, defaultModel = null, fallbacks, aliases, store } = status;
  const { now, details, configPath = null, agentDir, allowed = [], shellEnv } = around;
  const profiles = providers.flatMap((provider) => provider.profiles);
  const views = profiles.map((profile) => profileView(profile, now, details));
  const problem = problemOf(status, details);
  return {
    agent,
    verdict,
    exitCode: EXIT_CODES[verdict],
    ...(problem && { problem: `${problem.sentence}. ${problem.remedy}.` }),
    ...(details && { configPath, ...(agentDir !== undefined && { agentDir }) }),
    defaultModel,
    resolvedDefault: defaultModel,
    fallbacks,
    imageModel: null,
    imageFallbacks: [],
    aliases,
    allowed,
    auth: {
      ...(details && { storePath: store }),
      shellEnvFallback: shellEnv ?? { enabled: false, appliedKeys: [] },
      providersWithOAuth: providers.filter(hasLogin).map(({ id }) => id),
      missingProvidersInUse: status.missingProvidersInUse,
      providers: providers.map((provider) => providerView(provider, details)),
      unusableProfiles: profiles.flatMap((profile) => unusableView(profile, details)),
      oauth: { warnAfterMs: WARN_BEFORE_MS, profiles: views, providers: providers.flatMap(worstOf) },
    },
  };
}

function profileView(
  { id, email, provider, type, health, expiresAt, detail }: ProfileStatus,
  now: number,
  all: boolean,
) {
  const expires = expiresAt === undefined ? undefined : Date.parse(expiresAt);
  return {
    ...(all && { profileId: id, ...(email !== undefined && { email }) }),
    provider,
    type,
    status: health,
    ...(expires !== undefined && { expiresAt: expires, remainingMs: expires - now }),
    ...(all && detail !== undefined && { detail }),
  } satisfies ProfileHealthView;
}

function unusableView({ id, provider, block }: ProfileStatus, all: boolean): UnusableProfileView[] {
  if (!block) return [];
  const { kind, reason, until, remainingMs } = block;
  return [{ ...(all && { profileId: id }), provider, kind, reason, until: Date.parse(until), remainingMs }];
}

function providerView(status: ProviderStatus, all: boolean): ProviderAuthView {
  const { id, dialect, baseUrl, inUse, profiles, variables, effective } = status;
  const count = (type: Profile['type']): number => profiles.filter((profile) => profile.type === type).length;
  return {
    provider: id,
    api: dialect,
    ...(all && { baseUrl }),
    inUse,
    effective: effectiveView(status, all),
    profiles: {
      count: profiles.length,
      oauth: count('oauth'),
      token: count('token'),
      apiKey: count('api_key'),
      ...(all && { labels: profiles.map((profile) => profile.id) }),
    },
    ...(all && variables.length > 0 && { env: { variables } }),
    ...(all && effective === 'configuration' && { config: { path: `models.providers.${id}.apiKey` } }),
  };
}

function effectiveView(
  { id, effective, profiles, variables }: ProviderStatus,
  all: boolean,
): ProviderAuthView['effective'] {
  switch (effective) {
    case 'profiles':
      return { kind: 'profiles', detail: `${profiles.length} stored` };
    case 'environment':
      return { kind: 'env', detail: all ? variables.join(', ') : 'a variable of the gateway' };
    case 'configuration':
      return { kind: 'config', detail: all ? `models.providers.${id}.apiKey` : 'the configuration of the gateway' };
    case 'keyless':
      return { kind: 'keyless', detail: 'needs no key: it runs on this machine' };
    case 'expired':
      return { kind: 'missing', detail: `expired; doorward models auth login --provider ${id}` };
    case 'missing':
      return { kind: 'missing', detail: `doorward models auth add --provider ${id}` };
  }
}

function hasLogin({ profiles }: ProviderStatus): boolean {
  return profiles.some(({ type }) => type === 'oauth');
}

/** A provider is as good as its worst login or token; keys say nothing about time. */
function worstOf({ id, profiles }: ProviderStatus) {
  const judged = profiles.filter(({ type }) => type !== 'api_key');
  if (judged.length === 0) return [];
  const worst = judged.reduce((one, other) =>
    HEALTHS.indexOf(other.health) > HEALTHS.indexOf(one.health) ? other : one,
  );
  const { health, expiresAt } = worst;
  return [{ provider: id, status: health, ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }) }];
}
