import { Inject } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import type { Identity } from '../kernel/identity.js';
import { DevicesService } from '../pairing/devices.service.js';
import { PairedNodes } from './paired-nodes.js';
import { NodeParams, NodeRenameParams } from './pairing.params.js';
import { usableNodeView } from './pairing.views.js';
import { Method, RpcGateway } from './rpc.js';

/** Nodes as the command lines of the family ask for them. */
@RpcGateway()
export class NodesGateway {
  constructor(
    private readonly nodes: PairedNodes,
    private readonly devices: DevicesService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Method('node.list', { scope: 'operator.pairing', summary: 'Nodes that were let in, and what each may be used for.' })
  async list(_params: unknown, caller: Identity): Promise<object> {
    const nodes = await this.nodes.list(caller);
    return { ts: this.clock.now(), nodes: nodes.map(([device, now]) => usableNodeView(device, now)) };
  }

  @Method('node.pair.remove', {
    scope: 'operator.pairing',
    params: NodeParams,
    summary: 'Takes a node out of service, with its tokens and sockets.',
  })
  async remove({ nodeId }: NodeParams, caller: Identity): Promise<object> {
    await this.devices.remove(nodeId, caller);
    return { nodeId };
  }

  @Method('node.rename', { scope: 'operator.pairing', params: NodeRenameParams, summary: 'Names a node.' })
  async rename({ nodeId, displayName }: NodeRenameParams, caller: Identity): Promise<object> {
    await this.devices.rename(nodeId, displayName, caller);
    return { nodeId, displayName };
  }
}
