import type { ConfigSnapshot } from '../../config/settings.js';
import { modelDestinations } from '../../credentials/model-providers.js';
import { ModelsSettings } from '../../credentials/models.settings.js';
import { UpstreamSettings } from '../chat.settings.js';
import { connectionTrouble } from './connection-trouble.js';
import { Connections } from './connections.js';
import type { Lookup } from './connector.js';
import { Delivery, type DeliveryGround, type Outcome } from './delivery.js';

export interface UpstreamRequest {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The one client for all providers: connections are kept and shared, nothing is followed anywhere, and nothing is asked
 * twice by itself. `undici.dispatch` with no stream in between: see README for what that is worth.
 */
export class UpstreamClient {
  private connections: Connections | undefined;
  /** What `connections` were judged by. */
  private rules = '';
  /** Of the newest configuration that was seen. */
  private version = 0;
  /** Judged by rules that hold no longer, and still running. */
  private readonly retired = new Set<Connections>();

  constructor(private readonly lookup?: Lookup) {}

  /** Rejects only with the reason of an aborted signal. */
  send({ origin, path, headers }: UpstreamRequest, ground: DeliveryGround, config: ConfigSnapshot): Promise<Outcome> {
    if (ground.signal.aborted) return Promise.reject(ground.signal.reason as Error);
    const delivery = new Delivery(ground);
    const { body } = ground.exchange;
    try {
      this.connectionsFor(config).dispatch({ origin, path, method: 'POST', headers, body }, delivery);
    } catch (error) {
      delivery.fail(connectionTrouble(error as Error));
    }
    return delivery.outcome;
  }

  /** Breaks off whatever still runs. */
  async close(): Promise<void> {
    await Promise.all([this.connections, ...this.retired].map((each) => each?.destroy()));
  }

  /**
   * Rules that have changed hold for every connection, also for calls that began before: those opened by the rules of
   * before are used up and not again.
   */
  private connectionsFor(config: ConfigSnapshot): Connections {
    if (this.connections && config.version <= this.version) return this.connections;
    this.version = config.version;
    const { connectTimeoutMs } = config.get(UpstreamSettings);
    const rules = `${connectTimeoutMs} ${config.get(ModelsSettings).allowPrivateNetworks.join()}`;
    if (this.connections && this.rules === rules) return this.connections;
    if (this.connections) this.retire(this.connections);
    this.rules = rules;
    this.connections = new Connections(config.once(modelDestinations), connectTimeoutMs, this.lookup);
    return this.connections;
  }

  private retire(connections: Connections): void {
    this.retired.add(connections);
    void connections.useUp().finally(() => this.retired.delete(connections));
  }
}
