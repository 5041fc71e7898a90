import { WebSocketGateway } from '@nestjs/websockets';
import { FailureThrottlerGuard } from '../auth/failure-throttler.guard.js';
import { PrioritizedAuthGuard } from '../auth/prioritized-auth.guard.js';
import { Refused } from '../kernel/errors.js';
import type { Applicant } from './connect-attempt.js';
import { DeviceGate, type Welcome } from './device-gate.js';
import { NodeAbilities } from './node-abilities.js';

/**
 * The way in over WebSocket: the same guards as REST, once for each socket, and asked by ourselves as at the door of
 * REST. All later frames go by the method table.
 */
@WebSocketGateway()
export class ConnectGateway {
  constructor(
    private readonly throttler: FailureThrottlerGuard,
    private readonly auth: PrioritizedAuthGuard,
    private readonly devices: DeviceGate,
    private readonly nodes: NodeAbilities,
  ) {}

  /**
   * With what the connection goes on. The order is the policy: how often wrong, who, by which device. Rejects with
   * Refused, or with whatever else has failed.
   */
  async judge(applicant: Applicant): Promise<Welcome> {
    // Both answer at once as a rule.
    const queued = this.throttler.check(applicant);
    if (queued) await queued;
    const asked = this.auth.check(applicant);
    if (asked) await asked;

    const { identity } = applicant;
    if (!identity) throw new Refused('token_missing', { reason: 'no guard has set an identity' });
    const welcome = await this.devices.pass(identity, applicant);
    if (welcome.identity.role !== 'node') return welcome;
    return { ...welcome, node: await this.nodes.standing(welcome.identity, applicant) };
  }
}
