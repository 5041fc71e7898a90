import { Inject, Injectable } from '@nestjs/common';
import { METRICS, type Metrics, type Sample } from '../kernel/metrics.js';
import { ROLES } from '../kernel/scopes.js';
import { Connections } from './connections.js';
import { WaitingRoom } from './waiting-room.js';

/** How many sockets are open. Counted when somebody asks. */
@Injectable()
export class SocketGauges {
  constructor(
    private readonly connections: Connections,
    room: WaitingRoom,
    @Inject(METRICS) metrics: Metrics,
  ) {
    metrics.gauge(
      { name: 'doorward_ws_connections', help: 'Open WebSocket connections whose caller is known', labels: ['role'] },
      () => this.byRole(),
    );
    metrics.gauge(
      { name: 'doorward_ws_waiting', help: 'Open WebSocket connections that have not shown yet who they are' },
      () => [{ value: room.size }],
    );
  }

  private byRole(): Sample[] {
    const open = new Map<string, number>(ROLES.map((role) => [role, 0]));
    for (const { identity } of this.connections) open.set(identity.role, open.get(identity.role)! + 1);
    return [...open].map(([role, value]) => ({ labels: [role], value }));
  }
}
