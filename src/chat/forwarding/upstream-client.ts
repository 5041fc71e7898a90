import { Agent, type Dispatcher } from 'undici';
import type { ConfigSnapshot } from '../../config/settings.js';
import { modelDestinations } from '../../credentials/model-providers.js';
import { ModelsSettings } from '../../credentials/models.settings.js';
import type { Destinations } from '../../kernel/destinations.js';
import { UpstreamSettings } from '../chat.settings.js';
import { checkedConnector, type Lookup } from './connector.js';
import { connectionTrouble } from './connection-trouble.js';
import { Delivery, type DeliveryGround, type Outcome } from './delivery.js';

/** Longer than most pauses of a conversation, shorter than what providers allow. */
const KEEP_ALIVE_MS = 30_000;

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
  private agent: Dispatcher | undefined;
  /** What the connections of `agent` were judged by. */
  private rules = '';

  constructor(private readonly lookup?: Lookup) {}

  /** Rejects only with the reason of an aborted signal. */
  send({ origin, path, headers }: UpstreamRequest, ground: DeliveryGround, config: ConfigSnapshot): Promise<Outcome> {
    if (ground.signal.aborted) return Promise.reject(ground.signal.reason as Error);
    const delivery = new Delivery(ground);
    const { body } = ground.exchange;
    try {
      this.agentFor(config).dispatch({ origin, path, method: 'POST', headers, body }, delivery);
    } catch (error) {
      delivery.fail(connectionTrouble(error as Error, false));
    }
    return delivery.outcome;
  }

  /** Breaks off whatever still runs. */
  async close(): Promise<void> {
    await this.agent?.destroy();
  }

  /** Rules that have changed hold for every connection: those opened before are used up and not again. */
  private agentFor(config: ConfigSnapshot): Dispatcher {
    const { connectTimeoutMs } = config.get(UpstreamSettings);
    const rules = `${connectTimeoutMs} ${config.get(ModelsSettings).allowPrivateNetworks.join()}`;
    if (this.agent && this.rules === rules) return this.agent;
    void this.agent?.close();
    this.rules = rules;
    this.agent = agentOf(config.once(modelDestinations), connectTimeoutMs, this.lookup);
    return this.agent;
  }
}

function agentOf(destinations: Destinations, connectTimeoutMs: number, lookup?: Lookup): Agent {
  return new Agent({
    connect: checkedConnector(() => destinations, connectTimeoutMs, lookup),
    keepAliveTimeout: KEEP_ALIVE_MS,
    pipelining: 1,
    // Delivery watches over both, on the gateway's clock.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}
