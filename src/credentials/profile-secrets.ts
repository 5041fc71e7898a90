import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ConfigError } from '../config/config-error.js';
import { ConfigService } from '../config/config.service.js';
import type { ConfigSnapshot } from '../config/settings.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { LOG, type Log } from '../kernel/log.js';
import type { Soon } from '../kernel/soon.js';
import { secretText } from '../secrets/secret-snapshot.js';
import type { AnnouncedSecret } from '../secrets/secrets.js';
import { SecretsService } from '../secrets/secrets.service.js';
import { MAIN_AGENT } from './agent-id.js';
import { agents } from './agents.js';
import { keyOf } from './key-reference.js';
import { type OwnProfiles, profileReferences } from './profile-references.js';
import { PROFILE_STORE, type ProfileStore } from './profile-store.js';
import { type KeyReference, NO_PROFILES } from './profile.js';

/** How long a reference that led nowhere is left alone, unless somebody reloads. */
const PATIENCE_MS = 60_000;

/** The secrets behind the references of profiles: followed at the start, at every reload, and when a new one is met. */
@Injectable()
export class ProfileSecrets implements OnModuleInit {
  private readonly last = new Map<string, OwnProfiles>();
  private readonly missedAt = new Map<string, number>();
  private settling: Promise<void> | undefined;

  constructor(
    @Inject(PROFILE_STORE) private readonly store: ProfileStore,
    private readonly config: ConfigService,
    private readonly secrets: SecretsService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.secrets.announce((config) => this.announced(config));
    this.config.onChange(() => this.missedAt.clear());
  }

  /** The secret, at once when the snapshot has it. One that is not there is fetched, at most once a minute. */
  secretOf(reference: KeyReference, config: ConfigSnapshot): Soon<string | undefined> {
    return secretText(config, reference) ?? this.late(reference);
  }

  private async late(reference: KeyReference): Promise<string | undefined> {
    const key = keyOf(reference);
    const missed = this.missedAt.get(key) ?? -Infinity;
    if (this.clock.now() - missed >= PATIENCE_MS) {
      await this.settle();
      this.missedAt.set(key, this.clock.now());
    }
    return secretText(this.config.current, reference);
  }

  private settle(): Promise<void> {
    this.settling ??= this.secrets
      .settle()
      .catch((error: unknown) => {
        if (!(error instanceof ConfigError)) throw error;
        this.log.warn('credentials: a reference of a profile cannot be followed', { error });
      })
      .finally(() => (this.settling = undefined));
    return this.settling;
  }

  private async announced(config: ConfigSnapshot): Promise<AnnouncedSecret[]> {
    const ids = new Set([MAIN_AGENT, ...config.once(agents).keys()]);
    const all = await Promise.all([...ids].map((agent) => this.own(agent)));
    return profileReferences(all, config, this.clock.now());
  }

  /** What an agent has; while its store cannot be asked, what it had. Neither stops a start or a reload. */
  private async own(agent: string): Promise<OwnProfiles> {
    try {
      const own = { agent, stored: await this.store.read(agent) };
      this.last.set(agent, own);
      return own;
    } catch (error) {
      this.log.warn('credentials: the profiles of an agent cannot be read', { agent, error });
      return this.last.get(agent) ?? { agent, stored: NO_PROFILES };
    }
  }
}
