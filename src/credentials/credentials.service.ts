import type { ConfigSnapshot } from '../config/settings.js';
import type { Clock } from '../kernel/clock.js';
import { Refused } from '../kernel/errors.js';
import { Attempt } from './attempt.js';
import { cooldownRules, CooldownSettings, profileRules } from './auth-profiles.settings.js';
import { CandidateIndex } from './candidate-index.js';
import type { ProviderFailure } from './choice.js';
import { type EnvironmentKey, environmentKey, environmentKeys } from './environment-keys.js';
import { modelProviders } from './model-providers.js';
import type { ProfileStore } from './profile-store.js';
import { type KeyReference, type OAuthProfile, providerId, type StoredProfiles } from './profile.js';
import type { UsageBook } from './usage-book.js';

/** What a request needs a credential for. */
export interface Need {
  readonly agent: string;
  readonly provider: string;
  /** As the provider names it. */
  readonly model?: string;
  readonly pin?: string;
}

/** What else the choice hangs on. */
export interface CredentialSources {
  /** The variables in which people keep provider keys, as of this configuration. */
  readonly variables: (config: ConfigSnapshot) => Readonly<Record<string, string>>;
  readonly secretOf: (reference: KeyReference) => string | undefined;
  readonly fresh: (agent: string, id: string, profile: OAuthProfile) => Promise<OAuthProfile>;
}

/** Which credential goes with a request to a model provider (contract section 7, reference F). */
export class CredentialsService {
  private readonly indexes = new Map<string, CandidateIndex>();

  constructor(
    private readonly store: ProfileStore,
    private readonly usage: UsageBook,
    private readonly sources: CredentialSources,
    private readonly clock: Clock,
  ) {}

  /** The credentials for one request, to be asked for one after the other. Throws Refused for an unknown provider. */
  attempt(need: Need, config: ConfigSnapshot): Attempt | Promise<Attempt> {
    const stored = this.store.read(need.agent);
    return stored instanceof Promise
      ? stored.then((read) => this.begin(need, config, read))
      : this.begin(need, config, stored);
  }

  private begin({ agent, provider: name, model, pin }: Need, config: ConfigSnapshot, stored: StoredProfiles): Attempt {
    const id = providerId(name);
    const provider = config.once(modelProviders).get(id);
    if (!provider) {
      const message = `no such provider: ${id}; name it in models.providers, or use one of: ${known(config)}`;
      throw new Refused('not_found', { message });
    }
    const { rateLimitedProfileRotations, overloadedProfileRotations } = config.get(CooldownSettings);
    const index = this.index(agent, id, stored, config);
    return new Attempt({
      agent,
      provider,
      model,
      pin,
      index,
      rotations: { rate_limit: rateLimitedProfileRotations, overloaded: overloadedProfileRotations },
      environmentKeys: () => keysOf(id, this.sources.variables(config)),
      now: () => this.clock.now(),
      secretOf: this.sources.secretOf,
      fresh: this.sources.fresh,
      tell: (profile, outcome) => this.record(agent, profile, index, outcome, { model, config }),
    });
  }

  /** Kept for as long as the store and the rules are the very ones it was made from. */
  private index(agent: string, provider: string, stored: StoredProfiles, config: ConfigSnapshot): CandidateIndex {
    const key = `${agent} ${provider}`;
    const rules = profileRules(config);
    const kept = this.indexes.get(key);
    if (kept?.stored === stored && kept.rules === rules) return kept;
    const usageOf = (id: string) => this.usage.usage(agent, id, stored);
    const made = new CandidateIndex(stored, rules, provider, usageOf, this.clock.now());
    this.indexes.set(key, made);
    return made;
  }

  private record(
    agent: string,
    profile: string,
    index: CandidateIndex,
    outcome: 'succeeded' | ProviderFailure,
    { model, config }: { model?: string; config: ConfigSnapshot },
  ): void {
    if (outcome === 'succeeded') this.usage.succeeded(agent, profile);
    else this.usage.failed(agent, profile, { kind: outcome.kind, model }, cooldownRules(config, index.provider));
    index.used(profile, this.usage.usage(agent, profile, index.stored));
  }
}

function keysOf(provider: string, variables: Readonly<Record<string, string>>): EnvironmentKey[] {
  return environmentKeys(provider, variables, environmentKey(provider, variables));
}

function known(config: ConfigSnapshot): string {
  return [...config.once(modelProviders).keys()].join(', ');
}
