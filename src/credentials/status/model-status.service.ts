import { Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '../../config/config.service.js';
import { ProviderVariables } from '../../config/provider-variables.js';
import type { ConfigSnapshot } from '../../config/settings.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Refused } from '../../kernel/errors.js';
import { MAIN_AGENT } from '../agent-id.js';
import { type Agent, agents, defaultAgent } from '../agents.js';
import { profileRules } from '../auth-profiles.settings.js';
import { inherit } from '../inheritance.js';
import { keyOf, referenceOf } from '../key-reference.js';
import { modelConfig } from '../model-providers.js';
import { ProfileSecrets } from '../profile-secrets.js';
import { PROFILE_STORE, type ProfileStore } from '../profile-store.js';
import type { StoredProfiles } from '../profile.js';
import { UsageBook } from '../usage-book.js';
import { type ModelStatus, modelStatus } from './model-status.js';
import type { Sight, StatusReader } from './sight.js';

/** How good the credentials of an agent are, as the running gateway sees them. */
@Injectable()
export class ModelStatusService {
  constructor(
    @Inject(PROFILE_STORE) private readonly store: ProfileStore,
    private readonly usage: UsageBook,
    private readonly config: ConfigService,
    private readonly secrets: ProfileSecrets,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The default agent's unless another is named, as far as its reader sees. Throws Refused for an agent that is not
   * there, Unavailable when the store is away.
   */
  async status(name: string | undefined, sightIn?: StatusReader['sightIn']): Promise<ModelStatus> {
    const config = this.config.current;
    const sight = sightIn?.(config);
    const agent = sight ? seenAgent(name, sight) : anyAgent(name, config);
    if (!agent) {
      throw new Refused('not_found', { message: `no such agent: ${name ?? 'default'}; see doorward agents list` });
    }
    const stored = await this.stored(agent.id);
    const lost = await this.lostReferences(stored);
    return modelStatus({
      agent: agent.id,
      config: config.once(modelConfig),
      rules: profileRules(config),
      stored,
      store: this.store.describe(agent.id),
      variables: config.get(ProviderVariables).values,
      now: this.clock.now(),
      isResolved: (reference) => !lost.has(keyOf(reference)),
      sight,
    });
  }

  /** With what has happened to profiles in the last seconds, which is not stored yet. */
  private async stored(agent: string): Promise<StoredProfiles> {
    const own = await this.store.read(agent);
    const main = agent === MAIN_AGENT ? own : await this.store.read(MAIN_AGENT);
    const { stored, ownerOf } = inherit(agent, own, main);
    const usageStats = Object.keys(stored.profiles).flatMap((id) => {
      const owner = ownerOf(id);
      const usage = this.usage.usage(owner, id, owner === agent ? own : main);
      return usage ? [[id, usage] as const] : [];
    });
    return { ...stored, usageStats: Object.fromEntries(usageStats) };
  }

  /** What is not known yet is asked for, which requests do as well: all at once, so that whoever keeps it is asked once. */
  private async lostReferences({ profiles }: StoredProfiles): Promise<ReadonlySet<string>> {
    const references = Object.values(profiles).flatMap((profile) => referenceOf(profile)?.[1] ?? []);
    const config = this.config.current;
    const secrets = await Promise.all(references.map((reference) => this.secrets.secretOf(reference, config)));
    return new Set(references.filter((_, index) => !secrets[index]).map(keyOf));
  }
}

const seenAgent = (name: string | undefined, sight: Sight): Agent | undefined =>
  name === undefined ? sight.defaultAgent : sight.agent(name);

const anyAgent = (name: string | undefined, config: ConfigSnapshot): Agent | undefined =>
  name === undefined ? defaultAgent(config) : config.once(agents).get(name.toLowerCase());
