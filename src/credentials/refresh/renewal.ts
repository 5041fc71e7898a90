import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import type { Log } from '../../kernel/log.js';
import type { OAuthClient } from '../oauth/oauth-client.js';
import type { OAuthProvider } from '../oauth/oauth-provider.js';
import type { ProfileStore } from '../profile-store.js';
import type { OAuthProfile } from '../profile.js';
import { askForTokens } from './ask-for-tokens.js';
import { FailedLately } from './failed-lately.js';
import type { Leases, TakenLease } from './leases.js';
import { NeedsLogin } from './needs-login.js';
import type { RefreshEvent, RefreshStep } from './refresh-event.js';
import { isGood, loginOf, refused } from './refresh-state.js';
import { NotStored, TokenSink } from './token-sink.js';

export interface RenewalGround {
  readonly store: ProfileStore;
  readonly client: Pick<OAuthClient, 'refresh'>;
  /** Where a provider's logins are renewed, by the configuration of now; undefined when nobody knows. */
  readonly provider: (id: string) => OAuthProvider | undefined;
  /** Called at each step, and waited for. */
  readonly onStep?: (step: RefreshStep) => void | Promise<void>;
}

/** One refresh by whoever has the lease, and what comes of it: new tokens, a "no" for good, or another try later. */
export class Renewal {
  private readonly listeners = new Set<(event: RefreshEvent) => void>();
  private readonly failed: FailedLately;
  private readonly sink: TokenSink;

  constructor(
    private readonly ground: RenewalGround,
    private readonly leases: Leases,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.failed = new FailedLately(clock);
    this.sink = new TokenSink(ground.store, clock, log);
  }

  onEvent(listener: (event: RefreshEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Stores what is left of the last time. */
  finishEarlier(agent: string, id: string): Promise<void> {
    return this.sink.empty(agent, id);
  }

  /** Throws Unavailable when it failed so lately that it is too early to try again. */
  checkPause(agent: string, id: string): void {
    this.failed.check(`${agent} ${id}`);
  }

  /** Rejects with NeedsLogin or Unavailable. */
  async renew(agent: string, id: string, profile: OAuthProfile, lease: TakenLease): Promise<OAuthProfile> {
    const { onStep = () => undefined } = this.ground;
    const about = { agent, profile: id, provider: profile.provider };
    try {
      await onStep('leased');
      const answer = await this.ask(profile, onStep);
      if (answer.kind === 'refused') {
        const cutOff = lease.afterCutOff ? '; a refresh before was cut off, and may have used the refresh token' : '';
        return await this.refuse(agent, id, profile, answer.reason + cutOff);
      }
      await onStep('answered');
      const kept = await this.sink.keep(agent, id, profile.refresh!, answer.tokens);
      await onStep('stored');
      this.failed.forget(`${agent} ${id}`);
      this.tell({ ...about, kind: 'refreshed' });
      return kept;
    } catch (error) {
      if (error instanceof NeedsLogin) throw error;
      // The lease stays where the tokens of it are not stored yet: it is what keeps others from using the old ones.
      if (!(error instanceof NotStored)) await this.giveBack(agent, id, lease);
      const reason = error instanceof Error ? error.message : 'a fault';
      this.failed.add(`${agent} ${id}`, reason);
      this.log.warn('a login could not be refreshed', { event: 'credentials.refresh_failed', ...about, reason });
      this.tell({ ...about, kind: 'failed', reason });
      throw error instanceof Unavailable ? error : new Unavailable(reason);
    } finally {
      this.leases.forget(lease);
    }
  }

  /** Marks the refresh token as refused, once: it is never asked with again. Rejects with NeedsLogin. */
  async refuse(agent: string, id: string, profile: OAuthProfile, reason: string): Promise<OAuthProfile> {
    const now = this.clock.now();
    const next = await this.ground.store.update(agent, (stored) =>
      refused(stored, id, profile.refresh!, { reason, now }),
    );
    const current = loginOf(next, id);
    // Somebody signed in anew, or a program of the family refreshed meanwhile: the "no" was to what is no longer there.
    if (current && current.refresh !== profile.refresh && isGood(current, now)) return current;
    const about = { agent, profile: id, provider: profile.provider, reason };
    this.log.warn('a login cannot be refreshed: sign in again', { event: 'credentials.refresh_refused', ...about });
    this.tell({ ...about, kind: 'refused' });
    throw new NeedsLogin(id, reason);
  }

  private ask(profile: OAuthProfile, onStep: NonNullable<RenewalGround['onStep']>) {
    const { client, provider: providerOf } = this.ground;
    const provider = providerOf(profile.provider);
    if (!provider) throw new Unavailable(`nobody knows where logins of ${profile.provider} are renewed`);
    return askForTokens({ client, provider, profile, clock: this.clock, onStep });
  }

  private async giveBack(agent: string, id: string, lease: TakenLease): Promise<void> {
    try {
      await this.leases.giveBack(agent, id, lease);
    } catch (error) {
      this.log.debug('a lease could not be given back; it runs out', { agent, profile: id, error });
    }
  }

  private tell(event: RefreshEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}
