import type { Clock } from '../../kernel/clock.js';
import type { Log } from '../../kernel/log.js';
import type { ProfileStore } from '../profile-store.js';
import { isValidExpiry, type OAuthProfile, type ProfileUsage } from '../profile.js';
import { refreshRefusal } from '../status/profile-health.js';
import { programOf } from '../sync/cli-logins.js';
import { canRefresh, marksOf } from './refresh-state.js';
import type { RefreshService } from './refresh.service.js';

const LOOK_EVERY_MS = 30_000;

/** How much of an access token's life goes by, and how much more at most, so that replicas do not all come at once. */
const SHARE = 0.8;
const JITTER = 0.1;

/** Before the end of a token whose life nobody knows. */
const UNKNOWN_LIFE_MS = 10 * 60_000;

/**
 * Refreshes logins before anybody has to wait for it: at four fifths of the access token's life. Every gateway looks, one
 * takes the lease; the others find another access token in its place. Logins of other programs are theirs to renew as
 * long as they do.
 */
export class RefreshAhead {
  private stop: (() => void) | undefined;
  private readonly due = new Map<string, { readonly access: string | undefined; readonly at: number }>();

  constructor(
    private readonly refresh: Pick<RefreshService, 'ahead'>,
    private readonly store: ProfileStore,
    private readonly agents: () => Iterable<string>,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  start(): void {
    this.stop ??= this.clock.after(LOOK_EVERY_MS * (0.5 + Math.random() / 2), () => void this.goOn());
  }

  end(): void {
    this.stop?.();
    this.stop = undefined;
  }

  /** Looks at every login once; resolves when those that were due are refreshed, or are known not to be. */
  async look(): Promise<void> {
    for (const agent of this.agents()) {
      try {
        await this.lookAt(agent);
      } catch (error) {
        this.log.debug('the logins of an agent could not be looked at', { agent, error });
      }
    }
  }

  private async goOn(): Promise<void> {
    await this.look();
    if (!this.stop) return;
    this.stop = undefined;
    this.start();
  }

  private async lookAt(agent: string): Promise<void> {
    const { profiles, usageStats } = await this.store.read(agent);
    for (const [id, profile] of Object.entries(profiles)) {
      if (profile.type !== 'oauth' || !canRefresh(profile) || programOf(id)) continue;
      const usage = usageStats?.[id];
      if (
        refreshRefusal(profile, usage) !== undefined ||
        this.dueAt(`${agent} ${id}`, profile, usage) > this.clock.now()
      ) {
        continue;
      }
      // Told by the service itself; whoever needs it tries again.
      await this.refresh.ahead(agent, id, profile).catch(() => undefined);
    }
  }

  /** The same for as long as the access token is: drawn once. */
  private dueAt(key: string, profile: OAuthProfile, usage: ProfileUsage | undefined): number {
    const { access, expires } = profile;
    if (!isValidExpiry(expires)) return Infinity;
    const known = this.due.get(key);
    if (known && known.access === access) return known.at;
    const { refreshedAt } = marksOf(usage);
    const life = refreshedAt !== undefined && refreshedAt < expires ? expires - refreshedAt : undefined;
    const left = life === undefined ? UNKNOWN_LIFE_MS : life * (1 - SHARE - Math.random() * JITTER);
    this.due.set(key, { access, at: expires - left });
    return expires - left;
  }
}
