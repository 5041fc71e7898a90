import { Injectable } from '@nestjs/common';
import { declared } from '../pairing/abilities.js';
import { ClaimsService } from '../pairing/claims.service.js';
import { canonicalWord } from '../pairing/device-proof.js';
import type { NodeRequestParams } from './pairing.params.js';
import { pendingView } from './pairing.views.js';

/** What became of a request to be a node. */
export interface NodeOutcome {
  readonly requestId: string;
  readonly decision: 'pending' | 'approved' | 'rejected';
  readonly nodeId?: string;
  readonly role?: string;
  readonly scopes?: readonly string[];
  /** For the node itself, this once. */
  readonly token?: string;
}

/** How a client without a key becomes a node: it asks, keeps a secret, and fetches its token by that, once. */
@Injectable()
export class NodePairing {
  constructor(private readonly claims: ClaimsService) {}

  /** Asks for a node. The code is shown to the approver too, so that both sides can compare. */
  async request(
    params: NodeRequestParams,
    tenantId: string,
    source: string,
  ): Promise<{ requestId: string; claimSecret: string }> {
    const { nodeId, displayName, platform, deviceFamily } = params;
    const { request, claimSecret } = await this.claims.request({
      tenantId,
      deviceId: nodeId,
      displayName,
      platform: platform && canonicalWord(platform),
      deviceFamily: deviceFamily && canonicalWord(deviceFamily),
      clientId: 'node-host',
      clientMode: 'node',
      role: 'node',
      abilities: declared(params),
      source,
    });
    const { requestId, code, expiresAt } = request;
    const answer = { requestId, status: 'pending', code, claimSecret, expiresAt: expiresAt.toISOString() };
    return Object.assign(answer, { request: pendingView(request), created: true });
  }

  /** Throws Refused('not_found') for a wrong secret and for a second claim. */
  async claim(requestId: string, claimSecret: string, tenantId?: string): Promise<NodeOutcome> {
    const claimed = await this.claims.claim(requestId, claimSecret, tenantId);
    if (typeof claimed === 'string') return { requestId, decision: claimed };
    const { device, role, token } = claimed;
    return { requestId, decision: 'approved', nodeId: device.id, role, scopes: device.scopes, token };
  }
}
