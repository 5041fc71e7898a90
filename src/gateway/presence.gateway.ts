import type { Identity } from '../kernel/identity.js';
import { HOUSE_TENANT } from '../kernel/identity.js';
import { covers } from '../kernel/scopes.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';
import { NodeAbilities } from './node-abilities.js';
import { Method, RpcGateway } from './rpc.js';

/** How many connections one answer shows. */
const MOST_SHOWN = 1000;

/** Who is connected. */
@RpcGateway()
export class PresenceGateway {
  constructor(
    private readonly connections: Connections,
    private readonly nodes: NodeAbilities,
  ) {}

  @Method('system-presence', { scope: 'operator.read', summary: 'The open connections that the caller may know of.' })
  async presence(_params: unknown, caller: Identity, own: Connection): Promise<object[]> {
    if (!covers(caller.scopes, 'operator.admin')) return [await this.view(own)];
    const shown: Connection[] = [];
    for (const connection of this.connections) {
      if (!isOf(connection.identity, caller)) continue;
      if (shown.push(connection) === MOST_SHOWN) break;
    }
    return Promise.all(shown.map((connection) => this.view(connection)));
  }

  /** A node with what may be used of it now. */
  private async view(connection: Connection): Promise<object> {
    const { node, identity } = connection;
    if (!node) return presenceView(connection);
    const { caps, commands, permissions } = await this.nodes.usable(identity.deviceId, node.declares);
    return { ...presenceView(connection), caps, commands, permissions };
  }
}

/** An admin of a tenant sees that tenant; an admin of the house sees the house and all its tenants. */
const isOf = (identity: Identity, admin: Identity): boolean =>
  admin.tenantId === HOUSE_TENANT || identity.tenantId === admin.tenantId;

/** One connection as others see it. */
export function presenceView({ id, client, identity, since }: Connection): object {
  const { role, user, deviceId, method } = identity;
  return { connId: id, client, role, method, user, deviceId, ts: since };
}
