import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { LOG, type Log } from '../kernel/log.js';
import { covers } from '../kernel/scopes.js';
import { mayManage } from '../pairing/grant-rules.js';
import { PairingService } from '../pairing/pairing.service.js';
import type { PendingRequest } from '../pairing/pending-requests.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';
import { pendingView } from './pairing.views.js';

/**
 * Tells those who can decide that a device waits, and what became of it: on every replica, each in its own tenant. A
 * node that asked for more hears what became of that too.
 */
@Injectable()
export class PairingEvents implements OnModuleInit {
  constructor(
    private readonly pairing: PairingService,
    private readonly connections: Connections,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.pairing.onChange((requestId) => void this.tell(requestId));
  }

  private async tell(requestId: string): Promise<void> {
    const listeners = [...this.connections].filter(
      ({ identity, node }) => node?.requestId === requestId || covers(identity.scopes, 'operator.pairing'),
    );
    if (listeners.length === 0) return;
    try {
      const outcome = await this.pairing.outcome(requestId);
      if (!outcome) return;
      const { request, status } = outcome;
      const [verb, payload] =
        status === 'pending' ? ['requested', pendingView(request)] : ['resolved', this.resolved(request, status)];
      const nouns = request.role === 'node' ? ['device', 'node'] : ['device'];
      for (const connection of listeners.filter((one) => concerns(one, request))) {
        for (const noun of nouns) connection.emit(`${noun}.pair.${verb}`, payload);
      }
    } catch (error) {
      this.log.warn('a pairing event could not be told', { error });
    }
  }

  private resolved({ requestId, deviceId }: PendingRequest, decision: string): object {
    return { requestId, deviceId, decision, ts: this.clock.now() };
  }
}

function concerns({ identity }: Connection, { tenantId, deviceId }: PendingRequest): boolean {
  return identity.tenantId === tenantId && mayManage(identity, deviceId);
}
