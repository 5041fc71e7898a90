import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Refused } from '../../kernel/errors.js';
import type { Identity } from '../../kernel/identity.js';
import { DeviceTokensService } from '../../pairing/device-tokens.service.js';
import type { DeviceRecord } from '../../pairing/devices.service.js';
import type { LiveDeviceToken } from '../../pairing/live-device-token.js';
import { AuthStrategy } from '../auth-strategy.js';
import { DeviceKeys, type ProvedDevice } from '../device-keys.js';
import type { Evidence } from '../evidence.js';

/**
 * A device that was let in: by its key, which is the identity, or by the token handed to it when its pairing was
 * approved, which is a convenience (contract section 5).
 */
@Injectable()
export class DeviceTokenStrategy extends AuthStrategy('device-token') {
  constructor(
    private readonly tokens: DeviceTokensService,
    private readonly keys: DeviceKeys,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  isConfigured(): boolean {
    return this.tokens.exist;
  }

  recognises({ presented }: Evidence): boolean {
    const { deviceToken, token, device } = presented;
    return device !== undefined || deviceToken !== undefined || token !== undefined;
  }

  judge(evidence: Evidence): Identity | null | Promise<Identity | null> {
    if (evidence.presented.device) return this.judgeDevice(evidence);
    const found = this.findToken(evidence);
    return found instanceof Promise ? found.then((token) => this.byToken(token)) : this.byToken(found);
  }

  /** What a device shows of itself must be good, whatever else it shows: a wrong signature ends the chain. */
  private async judgeDevice(evidence: Evidence): Promise<Identity | null> {
    const device = (await this.keys.find(evidence))!;
    const token = await this.findToken(evidence);
    if (token && token.deviceId !== device.id)
      throw new Refused('device_token_mismatch', { reason: 'the token of another device' });

    const record = inService(device);
    const role = record && roleOf(record, evidence);
    if (!record || !role) return this.byToken(token);
    const live = token && !token.revoked && token.role === role && token.endsAt > this.clock.now();
    return live ? this.byToken(token) : byKey(record, role);
  }

  private findToken({ presented }: Evidence): ReturnType<DeviceTokensService['find']> {
    const shown = presented.deviceToken ?? presented.token;
    return shown === undefined ? undefined : this.tokens.find(shown);
  }

  private byToken(token: LiveDeviceToken | undefined): Identity | null {
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

/** The device's record, while it may come in. */
function inService({ publicKey, record }: ProvedDevice): DeviceRecord | undefined {
  return record?.publicKey === publicKey && !record.revoked ? record : undefined;
}

/** The role that the device signed for if it is approved for it, else one that it has: to be told what is missing. */
function roleOf({ roles }: DeviceRecord, { presented }: Evidence): Identity['role'] | undefined {
  return roles.find((role) => role === presented.device!.role) ?? roles[0];
}

function byKey({ id, tenantId, scopes }: DeviceRecord, role: Identity['role']): Identity {
  return { method: 'device-token', subject: id, tenantId, deviceId: id, role, scopes, credential: `device:${id}` };
}
