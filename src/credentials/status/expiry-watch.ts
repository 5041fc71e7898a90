import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ConfigService } from '../../config/config.service.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { LOG, type Log } from '../../kernel/log.js';
import { METRICS, type Metrics, type Sample } from '../../kernel/metrics.js';
import { agents } from '../agents.js';
import { modelProviders } from '../model-providers.js';
import { ModelStatusService } from './model-status.service.js';
import type { ProfileStatus } from './model-status.js';

const FIRST_MS = 30_000;
const EVERY_MS = 15 * 60_000;

/** Whoever scrapes is shown what was so a minute ago at most, */
const FRESH_MS = 60_000;

/** unless a look takes longer than this: it may have to wait for whoever keeps secrets. Then it is shown the next time. */
const PATIENCE_MS = 1_000;

/** Says in the log that a credential is about to end, or has: once for each end of each profile, not once for each look. */
@Injectable()
export class ExpiryWatch implements OnModuleInit, OnModuleDestroy {
  private readonly told = new Set<string>();
  private stop = (): void => {};
  /** What the last look found, by provider and health. */
  private found: ReadonlyMap<string, number> = new Map();
  private lookedAt = -Infinity;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly statuses: ModelStatusService,
    private readonly config: ConfigService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
    @Inject(METRICS) metrics: Metrics,
  ) {
    metrics.gauge(
      {
        name: 'doorward_model_credentials',
        help: 'Stored model credentials of all agents by how good they are: ok, static, expiring (within 24 hours), expired, missing',
        labels: ['provider', 'health'],
      },
      () => this.counts(),
    );
  }

  onModuleInit(): void {
    this.next(FIRST_MS);
  }

  onModuleDestroy(): void {
    this.stop();
    this.stop = () => {};
  }

  /** Looks at every agent's profiles once; whoever wants that meanwhile has the same look. */
  look(): Promise<void> {
    this.looking ??= this.lookOnce().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async lookOnce(): Promise<void> {
    const lookedAt = this.clock.now();
    const ids = [...this.config.current.once(agents).keys()];
    const all = await Promise.all(ids.map(async (agent) => ({ agent, profiles: await this.profilesOf(agent) })));
    const found = new Map<string, number>();
    for (const { agent, profiles } of all) {
      for (const profile of profiles) {
        this.tell(agent, profile);
        const key = `${this.labelOf(profile.provider)} ${profile.health}`;
        found.set(key, (found.get(key) ?? 0) + 1);
      }
    }
    this.found = found;
    this.lookedAt = lookedAt;
  }

  private async profilesOf(agent: string): Promise<ProfileStatus[]> {
    try {
      const { providers } = await this.statuses.status(agent);
      return providers.flatMap(({ profiles }) => profiles);
    } catch (error) {
      this.log.debug('credentials: the profiles of an agent could not be looked at', { agent, error });
      return [];
    }
  }

  private async counts(): Promise<Sample[]> {
    if (this.clock.now() - this.lookedAt >= FRESH_MS) await this.lookFor(PATIENCE_MS);
    return [...this.found].map(([key, value]) => ({ labels: key.split(' '), value }));
  }

  private lookFor(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(ms, resolve);
      this.look().finally(cancel).then(resolve, reject);
    });
  }

  /** A store may name any provider; a label names those that the configuration knows. */
  private labelOf(provider: string): string {
    return this.config.current.once(modelProviders).has(provider) ? provider : 'other';
  }

  private next(ms: number): void {
    this.stop = this.clock.after(ms, () => {
      void this.look();
      this.next(EVERY_MS);
    });
  }

  private tell(agent: string, { id, provider, health, expiresAt, detail }: ProfileStatus): void {
    if (health !== 'expiring' && health !== 'expired') return;
    const key = [id, health, expiresAt ?? detail].join(' ');
    if (this.told.has(key)) return;
    this.told.add(key);
    const message =
      health === 'expiring' ? 'credentials: a profile ends within 24 hours' : 'credentials: a profile has expired';
    const event = `credentials.${health}`;
    this.log.warn(`${message}; sign in again`, { event, agent, profile: id, provider, expiresAt, reason: detail });
  }
}
