import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Refused } from '../../kernel/errors.js';
import type { Identity } from '../../kernel/identity.js';
import type { Soon } from '../../kernel/soon.js';
import { canonicalWord } from '../../pairing/device-proof.js';
import { DeviceTokensService } from '../../pairing/device-tokens.service.js';
import type { DeviceRecord } from '../../pairing/devices.service.js';
import { InvitesService } from '../../pairing/invites.service.js';
import type { LiveDeviceToken } from '../../pairing/live-device-token.js';
import { AuthStrategy, Declined } from '../auth-strategy.js';
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
    private readonly invites: InvitesService,
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

  judge(evidence: Evidence): Soon<Identity | Declined | null> {
    if (evidence.presented.device) return this.judgeDevice(evidence);
    const found = this.findToken(evidence);
    return found instanceof Promise ? found.then((token) => this.byToken(token)) : this.byToken(found);
  }

  /** What a device shows of itself must be good, whatever else it shows: a wrong signature ends the chain. */
  private async judgeDevice(evidence: Evidence): Promise<Identity | Declined | null> {
    const device = (await this.keys.find(evidence))!;
    const token = await this.findToken(evidence);
    if (token && token.deviceId !== device.id)
      throw new Refused('device_token_mismatch', { reason: 'the token of another device' });

    const record = inService(device) ?? (await this.byInvite(device, evidence));
    if (record instanceof Declined) return record;
    const role = record && roleOf(record, evidence);
    if (!record || !role) return this.byToken(token);
    const live = token && !token.revoked && token.role === role && token.endsAt > this.clock.now();
    return live ? this.byToken(token) : byKey(record, role);
  }

  /** A setup link lets the device in that comes by it first: it pairs here, as no other credential is needed. */
  private async byInvite(
    { id, publicKey }: ProvedDevice,
    { presented, source }: Evidence,
  ): Promise<DeviceRecord | Declined | undefined> {
    if (presented.setupToken === undefined) return undefined;
    const { role, facts } = presented.device!;
    const platform = facts.platform && canonicalWord(facts.platform);
    const deviceFamily = facts.deviceFamily && canonicalWord(facts.deviceFamily);
    const { clientId, clientMode } = facts;
    try {
      const device = { id, publicKey, platform, deviceFamily, clientId, clientMode, role, source };
      return await this.invites.redeem(presented.setupToken, device);
    } catch (error) {
      // A wrong one is a guess like any other: it counts, and the other methods are asked.
      if (error instanceof Refused && error.code === 'bootstrap_token_invalid') return new Declined(error.code);
      throw error;
    }
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
