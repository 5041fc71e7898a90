import type { ConfigSnapshot } from '../config/settings.js';
import type { Clock } from '../kernel/clock.js';
import { Refused } from '../kernel/errors.js';
import type { Soon } from '../kernel/soon.js';
import { agents } from './agents.js';
import { MAIN_AGENT } from './agent-id.js';
import { Attempt } from './attempt.js';
import { cooldownRules, CooldownSettings, profileRules } from './auth-profiles.settings.js';
import { CandidateIndex } from './candidate-index.js';
import type { ProviderFailure } from './choice.js';
import { type Explanation, explain } from './choice-explanation.js';
import { countedUsage } from './cooldown.js';
import { keysOf } from './environment-keys.js';
import { inherit, type ProfileView } from './inheritance.js';
import { type ModelProvider, modelProviders } from './model-providers.js';
import type { ProfileStore } from './profile-store.js';
import { type KeyReference, type OAuthProfile, type ProfileUsage, providerId, type StoredProfiles } from './profile.js';
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
  /** At once as a rule; later for a reference that came after the last activation. */
  readonly secretOf: (reference: KeyReference, config: ConfigSnapshot) => Soon<string | undefined>;
  readonly fresh: (agent: string, id: string, profile: OAuthProfile) => Promise<OAuthProfile>;
}

/** What is stored for an agent and for the main one, with what that comes to. */
interface Stored extends ProfileView {
  readonly own: StoredProfiles;
  readonly main: StoredProfiles;
}

interface Indexed {
  readonly index: CandidateIndex;
  readonly stored: Stored;
}

/** Which credential goes with a request to a model provider (contract section 7, reference F). */
export class CredentialsService {
  private readonly indexes = new Map<string, Indexed>();
  private readonly views = new Map<string, Stored>();

  constructor(
    private readonly store: ProfileStore,
    private readonly usage: UsageBook,
    private readonly sources: CredentialSources,
    private readonly clock: Clock,
  ) {}

  /**
   * The credentials for one request, to be asked for one after the other: at once when the store answers so. Throws (or
   * rejects with) Refused for an unknown agent or provider, BrokenStore, and Unavailable when the store cannot be asked.
   */
  attempt(need: Need, config: ConfigSnapshot): Soon<Attempt> {
    const stored = this.stored(need.agent);
    return stored instanceof Promise
      ? stored.then((read) => this.begin(need, config, read))
      : this.begin(need, config, stored);
  }

  /** The same choice in words, for an admin: who would be asked in which order, who would not, and why. */
  async explain(need: Need, config: ConfigSnapshot): Promise<Explanation> {
    const stored = await this.stored(need.agent);
    const provider = known(need, config);
    const index = this.index(need.agent, provider.id, stored, config);
    const keys = keysOf(provider.id, this.sources.variables(config));
    return explain({ ...need, provider, index, keys, now: this.clock.now(), ownerOf: stored.ownerOf });
  }

  private stored(agent: string): Soon<Stored> {
    const own = this.store.read(agent);
    const main = agent === MAIN_AGENT ? own : this.store.read(MAIN_AGENT);
    if (!(own instanceof Promise) && !(main instanceof Promise)) return this.view(agent, own, main);
    return Promise.all([own, main]).then(([first, second]) => this.view(agent, first, second));
  }

  /** The same as before for as long as both stores hold the same: what was sorted for it then still holds. */
  private view(agent: string, own: StoredProfiles, main: StoredProfiles): Stored {
    const kept = this.views.get(agent);
    if (kept?.own === own && kept.main === main) return kept;
    const made = { own, main, ...inherit(agent, own, main) };
    this.views.set(agent, made);
    return made;
  }

  private begin(need: Need, config: ConfigSnapshot, stored: Stored): Attempt {
    const { agent, model, pin } = need;
    const provider = known(need, config);
    const { rateLimitedProfileRotations, overloadedProfileRotations } = config.get(CooldownSettings);
    return new Attempt({
      agent,
      provider,
      model,
      pin,
      index: this.index(agent, provider.id, stored, config),
      rotations: { rate_limit: rateLimitedProfileRotations, overloaded: overloadedProfileRotations },
      environmentKeys: () => keysOf(provider.id, this.sources.variables(config)),
      now: () => this.clock.now(),
      secretOf: (reference) => this.sources.secretOf(reference, config),
      fresh: (_agent, id, profile) => this.sources.fresh(stored.ownerOf(id), id, profile),
      tell: (id, outcome) => this.record(stored.ownerOf(id), id, outcome, { provider, model, config }),
    });
  }

  /** Kept for as long as the store and the rules are the very ones it was made from. */
  private index(agent: string, provider: string, stored: Stored, config: ConfigSnapshot): CandidateIndex {
    const key = `${agent} ${provider}`;
    const rules = profileRules(config);
    const kept = this.indexes.get(key);
    if (kept?.stored === stored && kept.index.rules === rules) return kept.index;
    const usageOf = (id: string): ProfileUsage | undefined => this.usageOf(id, provider, stored);
    const index = new CandidateIndex(stored.stored, rules, provider, usageOf, this.clock.now());
    this.indexes.set(key, { index, stored });
    return index;
  }

  private usageOf(id: string, provider: string, { own, main, ownerOf }: Stored): ProfileUsage | undefined {
    const owner = ownerOf(id);
    return countedUsage(provider, this.usage.usage(owner, id, Object.hasOwn(own.profiles, id) ? own : main));
  }

  private record(
    owner: string,
    id: string,
    outcome: 'succeeded' | ProviderFailure,
    { provider, model, config }: { provider: ModelProvider; model?: string; config: ConfigSnapshot },
  ): void {
    if (outcome === 'succeeded') this.usage.succeeded(owner, id);
    else this.usage.failed(owner, id, { kind: outcome.kind, model }, cooldownRules(config, provider.id));
    // Whoever inherits the profile finds it resting as well.
    for (const { index, stored } of this.indexes.values()) {
      if (index.provider !== provider.id || stored.ownerOf(id) !== owner) continue;
      index.used(id, this.usageOf(id, provider.id, stored), this.clock.now());
    }
  }
}

/** Throws Refused for an agent or a provider that is not there. */
function known({ agent, provider: name }: Need, config: ConfigSnapshot): ModelProvider {
  if (!config.once(agents).has(agent)) {
    throw new Refused('not_found', { message: `no such agent: ${agent}; see doorward agents list` });
  }
  const id = providerId(name);
  const provider = config.once(modelProviders).get(id);
  if (provider) return provider;
  const all = [...config.once(modelProviders).keys()].join(', ');
  const message = `no such provider: ${id}; name it in models.providers, or use one of: ${all}`;
  throw new Refused('not_found', { message });
}
