import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import type { Log } from '../../kernel/log.js';
import { backoff } from '../../storage/backoff.js';
import type { OAuthTokens } from '../oauth/oauth-tokens.js';
import type { ProfileStore } from '../profile-store.js';
import type { OAuthProfile } from '../profile.js';
import { loginOf, renewed } from './refresh-state.js';

/** The provider gave new tokens, and they cannot be stored: nobody may ask with the old ones meanwhile. */
export class NotStored extends Unavailable {}

interface Unstored {
  readonly agent: string;
  readonly id: string;
  /** The refresh token that they were got with. */
  readonly used: string;
  readonly tokens: OAuthTokens;
}

/**
 * Where new tokens go: into the store before anybody uses them. The refresh token of before is spent by then, so tokens
 * that cannot be stored (a full disk, a database that is away) are held here and tried again until they are.
 */
export class TokenSink {
  private readonly unstored = new Map<string, Unstored>();

  constructor(
    private readonly store: ProfileStore,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Resolves with what is stored then: the new tokens, or what somebody else wrote meanwhile. Rejects with NotStored. */
  async keep(agent: string, id: string, used: string, tokens: OAuthTokens): Promise<OAuthProfile> {
    const held = { agent, id, used, tokens };
    try {
      return await this.write(held);
    } catch (error) {
      this.log.error('new tokens of a login cannot be stored; trying on', {
        event: 'credentials.store_failed',
        agent,
        profile: id,
        error,
      });
      this.unstored.set(`${agent} ${id}`, held);
      this.later(held, 0);
      throw new NotStored('its new tokens cannot be stored');
    }
  }

  /** Stores what could not be stored before, if there is such a thing. Rejects with NotStored. */
  async empty(agent: string, id: string): Promise<void> {
    const held = this.unstored.get(`${agent} ${id}`);
    if (!held) return;
    try {
      await this.write(held);
    } catch (error) {
      throw new NotStored('its new tokens cannot be stored', { cause: error });
    }
  }

  private async write({ agent, id, used, tokens }: Unstored): Promise<OAuthProfile> {
    const now = this.clock.now();
    const next = await this.store.update(agent, (stored) => renewed(stored, id, used, { tokens, now }));
    this.unstored.delete(`${agent} ${id}`);
    const profile = loginOf(next, id);
    if (!profile) throw new Unavailable('it was removed while it was refreshed');
    return profile;
  }

  private later(held: Unstored, attempt: number): void {
    this.clock.after(backoff(attempt), () => {
      if (this.unstored.get(`${held.agent} ${held.id}`) !== held) return;
      this.write(held).catch(() => this.later(held, attempt + 1)); // said once; it is tried until it is stored
    });
  }
}
