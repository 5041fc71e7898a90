import type { Identity } from '../kernel/identity.js';
import { DeviceTokensService } from '../pairing/device-tokens.service.js';
import { DevicesService } from '../pairing/devices.service.js';
import { PairingService } from '../pairing/pairing.service.js';
import type { Connection } from './connection.js';
import { NodePairing } from './node-pairing.js';
import { PairedNodes } from './paired-nodes.js';
import { NodeClaimParams, NodeRequestParams, NodeVerifyParams, RequestParams } from './pairing.params.js';
import { nodeView, pendingView } from './pairing.views.js';
import { Method, RpcGateway } from './rpc.js';

/** Nodes in the words of the documents: a façade over the one store of devices, for the role `node`. */
@RpcGateway()
export class NodePairingGateway {
  constructor(
    private readonly pairing: PairingService,
    private readonly devices: DevicesService,
    private readonly tokens: DeviceTokensService,
    private readonly nodes: NodePairing,
    private readonly paired: PairedNodes,
  ) {}

  @Method('node.pair.request', { scope: 'operator.pairing', params: NodeRequestParams, summary: 'Asks for a node.' })
  request(params: NodeRequestParams, caller: Identity, connection: Connection): Promise<object> {
    return this.nodes.request(params, caller.tenantId, `connection:${connection.id}`);
  }

  @Method('node.pair.claim', {
    scope: 'public',
    params: NodeClaimParams,
    summary: 'Fetches the token of a node, once.',
  })
  claim({ requestId, claimSecret }: NodeClaimParams, { tenantId }: Identity): Promise<object> {
    return this.nodes.claim(requestId, claimSecret, tenantId);
  }

  @Method('node.pair.list', { scope: 'operator.pairing', summary: 'Nodes that wait, and those that were let in.' })
  async list(_params: unknown, caller: Identity): Promise<object> {
    const pending = (await this.pairing.pending(caller)).filter(({ role }) => role === 'node');
    const paired = await this.paired.list(caller);
    return {
      pending: pending.map((one) => ({ nodeId: one.deviceId, ...pendingView(one) })),
      paired: paired.map(([device, now]) => nodeView(device, now)),
    };
  }

  @Method('node.pair.approve', { scope: 'operator.pairing', params: RequestParams, summary: 'Lets a node in.' })
  async approve({ requestId }: RequestParams, caller: Identity): Promise<object> {
    const device = await this.pairing.approve(requestId, caller);
    return { requestId, node: nodeView(device, await this.paired.now(device, caller)) };
  }

  @Method('node.pair.reject', { scope: 'operator.pairing', params: RequestParams, summary: 'Turns a node away.' })
  async reject({ requestId }: RequestParams, caller: Identity): Promise<object> {
    return { requestId, nodeId: (await this.pairing.reject(requestId, caller)).deviceId };
  }

  @Method('node.pair.verify', {
    scope: 'operator.pairing',
    params: NodeVerifyParams,
    summary: 'Whether a token is that of a node.',
  })
  async verify({ nodeId, token }: NodeVerifyParams, caller: Identity): Promise<object> {
    const found = await this.tokens.find(token);
    const isGood = found?.deviceId === nodeId && found.role === 'node' && !found.revoked;
    if (!isGood || found.tenantId !== caller.tenantId) return { ok: false };
    const device = await this.devices.get(nodeId, caller);
    return { ok: true, node: nodeView(device, await this.paired.now(device, caller)) };
  }
}
