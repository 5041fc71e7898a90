import { Agent, type Dispatcher, Pool } from 'undici';
import type { Destinations } from '../../kernel/destinations.js';
import { checkedConnector, type Lookup } from './connector.js';

/** Longer than most pauses of a conversation, shorter than what providers allow. */
const KEEP_ALIVE_MS = 30_000;

/** The connections to all providers that were judged by the same rules, kept and shared. */
export class Connections {
  private readonly agent: Agent;
  /** Those of each provider. The agent itself forgets, as soon as it closes, what still runs. */
  private readonly pools = new Set<Pool>();

  constructor(destinations: Destinations, connectTimeoutMs: number, lookup?: Lookup) {
    this.agent = new Agent({
      factory: (origin, options: Pool.Options) => this.poolOf(origin, options),
      connect: checkedConnector(() => destinations, connectTimeoutMs, lookup),
      keepAliveTimeout: KEEP_ALIVE_MS,
      pipelining: 1,
      // Delivery watches over both, on the gateway's clock.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Throws what undici does of a request that cannot be sent. */
  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.agent.dispatch(request, handler);
  }

  /** Takes nothing on any more. Settles when what runs has come to its end. */
  async useUp(): Promise<void> {
    await this.agent.close();
  }

  /** Breaks off whatever still runs. */
  async destroy(): Promise<void> {
    const pools = [...this.pools].map((pool) => pool.destroy());
    await Promise.all([this.agent.destroy(), ...pools]);
  }

  private poolOf(origin: string | URL, options: Pool.Options): Pool {
    for (const pool of this.pools) if (pool.destroyed) this.pools.delete(pool);
    const pool = new Pool(origin, options);
    this.pools.add(pool);
    return pool;
  }
}
