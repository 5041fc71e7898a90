import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Refused } from '../../kernel/errors.js';
import type { Identity } from '../../kernel/identity.js';
import { DeviceTokensService } from '../../pairing/device-tokens.service.js';
import type { LiveDeviceToken } from '../../pairing/live-device-token.js';
import { AuthStrategy } from '../auth-strategy.js';
import type { Evidence } from '../evidence.js';

/** A token handed to a device when its pairing was approved: the strongest identity that a token can carry. */
@Injectable()
export class DeviceTokenStrategy extends AuthStrategy('device-token') {
  constructor(
    private readonly tokens: DeviceTokensService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  isConfigured(): boolean {
    return this.tokens.exist;
  }

  recognises({ presented }: Evidence): boolean {
    return presented.deviceToken !== undefined || presented.token !== undefined;
  }

  judge({ presented }: Evidence): Identity | null | Promise<Identity | null> {
    const found = this.tokens.find(presented.deviceToken ?? presented.token!);
    return found instanceof Promise ? found.then((token) => this.identity(token)) : this.identity(found);
  }

  private identity(token: LiveDeviceToken | undefined): Identity | null {
    if (!token) return null;
    const reason = `device ${token.deviceId}`;
    if (token.revoked) throw new Refused('device_token_revoked', { reason });
    if (token.endsAt <= this.clock.now()) throw new Refused('token_expired', { reason });

    return {
      method: 'device-token',
      subject: token.deviceId,
      tenantId: token.tenantId,
      deviceId: token.deviceId,
      role: token.role,
      scopes: token.scopes,
      credential: `device-token:${token.id}:${token.mark}`,
      expiresAt: token.endsAt === Infinity ? undefined : token.endsAt,
    };
  }
}
