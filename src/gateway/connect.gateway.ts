import { UseFilters, UseGuards } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { FailureThrottlerGuard } from '../auth/failure-throttler.guard.js';
import { PrioritizedAuthGuard } from '../auth/prioritized-auth.guard.js';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { type Applicant, KeepFailure } from './connect-attempt.js';
import { checkDevice } from './device-rule.js';
import { narrowed } from './entry-rules.js';

/** The way in over WebSocket: the same guards as REST, once for each socket. All later frames go by the method table. */
@WebSocketGateway()
@UseFilters(KeepFailure)
export class ConnectGateway {
  /** The identity with which the connection goes on. Whatever is thrown ends up as the attempt's failure. */
  @SubscribeMessage('connect')
  @UseGuards(FailureThrottlerGuard, PrioritizedAuthGuard)
  connect(_socket: unknown, { identity, params }: Applicant): Identity {
    if (!identity) throw new Refused('token_missing', { reason: 'no guard has set an identity' });
    const asked = narrowed(identity, params);
    checkDevice(identity, asked, params);
    return asked;
  }
}
