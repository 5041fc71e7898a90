import { UseFilters, UseGuards } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { FailureThrottlerGuard } from '../auth/failure-throttler.guard.js';
import { PrioritizedAuthGuard } from '../auth/prioritized-auth.guard.js';
import { Refused } from '../kernel/errors.js';
import { type Applicant, KeepFailure } from './connect-attempt.js';
import { DeviceGate, type Welcome } from './device-gate.js';
import { NodeAbilities } from './node-abilities.js';

/** The way in over WebSocket: the same guards as REST, once for each socket. All later frames go by the method table. */
@WebSocketGateway()
@UseFilters(KeepFailure)
export class ConnectGateway {
  constructor(
    private readonly devices: DeviceGate,
    private readonly nodes: NodeAbilities,
  ) {}

  /** With what the connection goes on. Whatever is thrown ends up as the attempt's failure. */
  @SubscribeMessage('connect')
  @UseGuards(FailureThrottlerGuard, PrioritizedAuthGuard)
  async connect(_socket: unknown, applicant: Applicant): Promise<Welcome> {
    const { identity } = applicant;
    if (!identity) throw new Refused('token_missing', { reason: 'no guard has set an identity' });
    const welcome = await this.devices.pass(identity, applicant);
    if (welcome.identity.role !== 'node') return welcome;
    return { ...welcome, node: await this.nodes.standing(welcome.identity, applicant) };
  }
}
