import { ConfigError } from '../config/config-error.js';
import type { ReloadCause, ReloadOutcome } from '../config/config.service.js';
import type { OpenedConfig } from '../config/open-config.js';
import type { Clock } from '../kernel/clock.js';
import { Refused } from '../kernel/errors.js';
import type { Log } from '../kernel/log.js';
import { backoff } from './backoff.js';
import type { Standing } from './provider-desk.js';
import { HealthRecord } from './secret-health.js';
import { SecretSnapshot } from './secret-snapshot.js';
import { type SecretState, secretStates } from './secret-states.js';
import type { Announce, AnnouncedSecret, Secrets } from './secrets.js';
import { SecretResolution } from './secrets.settings.js';
import { UnresolvedSecrets } from './unresolved-secrets.js';

/** What a reload came to. */
export interface Reloaded {
  readonly version: number;
  /** References that were followed. */
  readonly resolved: number;
  readonly inactive: number;
  readonly warnings: readonly string[];
}

/** Between two tries of ours while an outage lasts, the interval grows to this many times the one at a start. */
const PATIENT = 20;

/** The secrets of a running gateway: fetched anew when somebody asks or something changed, and how they stand. */
export class SecretsService {
  readonly health: HealthRecord;
  private stopRetry = (): void => {};
  private failures = 0;
  private readonly told = new Map<string, string>();

  constructor(
    private readonly opened: OpenedConfig,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.health = new HealthRecord(clock);
    this.health.onTurn(
      ({ state }) => state === 'healthy' && log.info(RECOVERED, { event: 'SECRETS_RELOADER_RECOVERED' }),
    );
    opened.service.onReload((outcome) => this.hear(outcome));
    this.tellSurfaces();
  }

  /**
   * Fetches all secrets anew, and reads the configuration with them: all of it is swapped, or nothing. Throws Refused
   * (503 for a provider, 409 for the configuration) with what is wrong.
   */
  async reload(cause: ReloadCause): Promise<Reloaded> {
    try {
      const { version } = await this.opened.service.reload(cause);
      const { secrets, warnings } = this.opened.loaded();
      return { version, resolved: secrets.active.length, inactive: secrets.inactive.length, warnings };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw refusal(error);
    }
  }

  /** Follows the references of somebody beside the configuration too; they must be had before the gateway listens. */
  announce(announce: Announce): () => void {
    return this.secrets.announce(announce);
  }

  /** Fetches what was announced since the last activation, and nothing else. Throws ConfigError. */
  async settle(): Promise<void> {
    const { service } = this.opened;
    if (!(await this.secrets.isBehind(service.current))) return;
    await service.reload({ trigger: 'settle' });
  }

  async states(): Promise<SecretState[]> {
    return secretStates(this.opened.loaded(), await this.announced());
  }

  get providers(): ReadonlyMap<string, Standing> {
    return this.secrets.standings;
  }

  /** Looks after secrets that came from the disk: they are fetched as soon as possible, and `onEnd` is called at their end. */
  watchOver(onEnd: () => void): void {
    const { snapshot } = this.opened.loaded();
    const { keptSince } = snapshot.get(SecretSnapshot);
    if (keptSince.size === 0) return;
    const oldest = Math.min(...keptSince.values());
    const { lastKnownGoodMaxAgeMs } = snapshot.get(SecretResolution);
    const failing = [...keptSince].map(([key, at]) => ({
      path: key,
      message: `is as it was at ${new Date(at).toISOString()}`,
    }));
    this.log.warn('secrets: some come from the disk, since their provider is down', {
      event: 'SECRETS_LAST_KNOWN_GOOD',
      ageMs: this.clock.now() - oldest,
      endsAt: new Date(oldest + lastKnownGoodMaxAgeMs).toISOString(),
      kept: failing.map(({ path, message }) => `${path} ${message}`),
    });
    this.health.failed(failing);
    const stop = this.clock.after(Math.max(0, oldest + lastKnownGoodMaxAgeMs - this.clock.now()), onEnd);
    this.health.onTurn(({ state }) => state === 'healthy' && stop());
    this.retryLater();
  }

  /** No more retries of its own. */
  stop(): void {
    this.stopRetry();
    this.secrets.stop();
  }

  private announced(): Promise<AnnouncedSecret[]> {
    return this.secrets.announced(this.opened.service.current);
  }

  private hear(outcome: ReloadOutcome): void {
    if ('next' in outcome) {
      this.stopRetry();
      this.failures = 0;
      this.tellSurfaces();
      return this.health.recovered();
    }
    const { error } = outcome;
    if (!(error instanceof UnresolvedSecrets)) return; // the configuration is wrong: that says nothing of providers
    this.failures += 1;
    const wasHealthy = this.health.current.state === 'healthy';
    this.health.failed(error.errors);
    const failing = error.errors.map(({ path, message }) => `${path}: ${message}`);
    if (wasHealthy) this.log.error(DEGRADED, { event: 'SECRETS_RELOADER_DEGRADED', failing });
    else this.log.warn('secrets: still not to be had', { failures: this.failures });
    this.retryLater();
  }

  /** Which references nobody needs, and why: each once, and anew when the reason changes. */
  private tellSurfaces(): void {
    const { active, inactive } = this.opened.loaded().secrets;
    for (const { path } of active) if (isGatewayCredential(path)) this.tellOnce(path, true, 'it is needed');
    for (const { path, reason } of inactive) this.tellOnce(path, false, reason);
  }

  private tellOnce(path: string, active: boolean, reason: string): void {
    if (this.told.get(path) === reason) return;
    this.told.set(path, reason);
    const state = active ? 'active' : 'inactive';
    const event = isGatewayCredential(path) ? 'SECRETS_GATEWAY_AUTH_SURFACE' : 'SECRETS_REF_IGNORED_INACTIVE_SURFACE';
    this.log.info(`secrets: the reference of ${path} is ${state}: ${reason}`, { event, path, state, reason });
  }

  private retryLater(): void {
    this.stopRetry();
    this.stopRetry = this.clock.after(backoff(this.failures + 1) * PATIENT, () => {
      // What came of it, everybody hears who listens to reloads.
      void this.opened.service.reload({ trigger: 'retry' }).catch(() => undefined);
    });
  }
}

const isGatewayCredential = (path: string): boolean => /^gateway\.(auth|remote)\.(token|password)$/.test(path);

const DEGRADED = 'secrets: some cannot be had; the values from before stay in use';
const RECOVERED = 'secrets: all can be had again';

const MOST_SHOWN = 20;

function refusal(error: ConfigError): Refused {
  const fields = error.errors.slice(0, MOST_SHOWN);
  const all = fields.map(({ path, message }) => `${path}: ${message}`).join(' | ');
  const message = `nothing was reloaded, what was in use stays. ${all}`;
  return new Refused(error instanceof UnresolvedSecrets ? 'unavailable' : 'conflict', { message, fields });
}
