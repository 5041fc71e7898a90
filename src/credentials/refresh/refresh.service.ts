import { MAIN_AGENT } from '../agent-id.js';
import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import type { Log } from '../../kernel/log.js';
import type { OAuthProfile } from '../profile.js';
import { refreshRefusal } from '../status/profile-health.js';
import { programOf } from '../sync/cli-logins.js';
import type { CliSync } from '../sync/cli-sync.js';
import { Leases } from './leases.js';
import { NeedsLogin } from './needs-login.js';
import type { RefreshEvent } from './refresh-event.js';
import { canRefresh, isGood, loginOf } from './refresh-state.js';
import { Renewal, type RenewalGround } from './renewal.js';
import { elderOf } from './shared-login.js';

/** What refreshing works with. `sync`: where logins of other programs are taken over; else they are ours to renew. */
export interface RefreshGround extends RenewalGround {
  readonly sync?: CliSync;
}

/** How long somebody waits for the refresh of another process: that one has given up by then, or has died. */
const PATIENCE_MS = 75_000;

type Need = (profile: OAuthProfile) => boolean;

/**
 * Keeps logins fresh: one refresh, however many requests, processes and replicas ask for it, for most refresh tokens are
 * good once and a second use ends the whole login (S171). Within this process one flight per login; among processes a
 * lease in the store; and nothing is written unless the refresh token there is still the one that was used.
 */
export class RefreshService {
  private readonly flights = new Map<string, Promise<OAuthProfile>>();
  private readonly leases: Leases;
  private readonly renewal: Renewal;

  constructor(
    private readonly ground: RefreshGround,
    private readonly clock: Clock,
    log: Log,
  ) {
    this.leases = new Leases(ground.store, clock);
    this.renewal = new Renewal(ground, this.leases, clock, log);
  }

  /** Tells what comes of each refresh. Returns the cancellation. */
  onEvent(listener: (event: RefreshEvent) => void): () => void {
    return this.renewal.onEvent(listener);
  }

  /**
   * A login of `agent`'s own with an access token that is good now. Rejects with NeedsLogin when only a person can mend
   * it, with Unavailable when it could not be refreshed this time.
   */
  fresh(agent: string, id: string): Promise<OAuthProfile> {
    return this.once(agent, id, (profile) => !isGood(profile, this.clock.now()));
  }

  /** The same before it is needed: refreshes unless another access token than `seen`'s is there by now. */
  ahead(agent: string, id: string, seen: OAuthProfile): Promise<OAuthProfile> {
    return this.once(agent, id, ({ access }) => access === seen.access);
  }

  private once(agent: string, id: string, needs: Need): Promise<OAuthProfile> {
    const key = `${agent} ${id}`;
    const running = this.flights.get(key);
    if (running) return running;
    const flight = this.run(agent, id, needs).finally(() => this.flights.delete(key));
    this.flights.set(key, flight);
    return flight;
  }

  private async run(agent: string, id: string, needs: Need): Promise<OAuthProfile> {
    const { clock, renewal } = this;
    await renewal.finishEarlier(agent, id);
    await this.readAgain(agent, id, needs);
    for (const end = clock.now() + PATIENCE_MS; clock.now() < end; await this.moment()) {
      const profile = await this.stored(agent, id, needs);
      if (!needs(profile)) return profile;
      if (await elderOf(this.ground.store, agent, id, profile)) return this.fromMain(agent, id, profile);

      renewal.checkPause(agent, id);
      const lease = await this.leases.take(agent, id, profile, needs);
      if (lease) return renewal.renew(agent, id, profile, lease);
    }
    throw new Unavailable(`${id} is being refreshed elsewhere, and that takes too long`);
  }

  /** Throws NeedsLogin for a login that is needed and gone, or cannot go on. */
  private async stored(agent: string, id: string, needs: Need): Promise<OAuthProfile> {
    const stored = await this.ground.store.read(agent);
    const profile = loginOf(stored, id);
    if (!profile) throw new NeedsLogin(id, 'it is no longer stored');
    if (!needs(profile)) return profile;
    if (!canRefresh(profile)) throw new NeedsLogin(id, 'it has no refresh token');
    const refusal = refreshRefusal(profile, stored.usageStats?.[id]);
    if (refusal !== undefined) throw new NeedsLogin(id, refusal);
    return profile;
  }

  /** A login that another program renews is read there first; some of them nobody else may renew (reference I.21). */
  private async readAgain(agent: string, id: string, needs: Need): Promise<void> {
    const program = programOf(id);
    if (!program || !this.ground.sync) return;
    await this.ground.sync.again(agent, program);
    const profile = await this.stored(agent, id, needs);
    if (!program.renewsAlone || !needs(profile)) return;
    await this.renewal.refuse(agent, id, profile, `${program.name} alone renews it: run \`${program.signIn}\``);
  }

  /** Refreshes the main agent's login, of which this agent has a copy, and brings the copy up to date. */
  private async fromMain(agent: string, id: string, copy: OAuthProfile): Promise<OAuthProfile> {
    const main = await this.fresh(MAIN_AGENT, id);
    await this.ground.store.update(agent, (stored) => {
      const { refresh, access } = loginOf(stored, id) ?? {};
      return refresh === copy.refresh && access !== main.access
        ? { ...stored, profiles: { ...stored.profiles, [id]: main } }
        : undefined;
    });
    return main;
  }

  /** Between two looks at what another process is doing; never the same for two of them. */
  private moment(): Promise<void> {
    return new Promise((resolve) => void this.clock.after(20 + Math.random() * 80, resolve));
  }
}
