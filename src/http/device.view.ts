import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ROLES, type Role, SCOPES, type Scope } from '../kernel/scopes.js';
import type { Abilities } from '../pairing/abilities.js';
import type { Rotated, TokenSummary } from '../pairing/device-tokens.service.js';
import type { DeviceRecord } from '../pairing/devices.service.js';

export const MAYBE_TEXT = { type: String, nullable: true } as const;
const MAYBE_MOMENT = { type: String, format: 'date-time', nullable: true } as const;
export const DEVICE_ID = { description: 'SHA-256 of its public key, or the name it gave itself without a key.' };

/** A token of a device: never its value, of which only a digest exists. */
export class DeviceTokenView {
  @ApiProperty({ enum: ROLES })
  role: Role;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes: readonly Scope[];

  @ApiProperty({ format: 'date-time' })
  createdAt: Date;

  @ApiProperty(MAYBE_MOMENT)
  rotatedAt: Date | null;

  @ApiProperty(MAYBE_MOMENT)
  lastUsedAt: Date | null;

  static of({ role, scopes, createdAt, rotatedAt, lastUsedAt }: TokenSummary): DeviceTokenView {
    return { role, scopes, createdAt, rotatedAt, lastUsedAt };
  }
}

const NAMES = { type: String, isArray: true } as const;

/** What a node may be used for, or asks to be used for; empty for every other device. */
export class AbilitiesView {
  @ApiProperty(NAMES)
  caps: readonly string[];

  @ApiProperty(NAMES)
  commands: readonly string[];

  @ApiProperty(NAMES)
  permissions: readonly string[];

  static of({ caps, commands, permissions }: Abilities): AbilitiesView {
    return { caps, commands, permissions };
  }
}

/** How a device stands at this moment, beside what is kept of it. */
export interface DeviceNow {
  readonly tokens?: readonly TokenSummary[];
  readonly connected: boolean;
  /** Whether the caller is this very device. */
  readonly self: boolean;
}

/** A paired device. */
export class DeviceView {
  @ApiProperty(DEVICE_ID)
  id: string;

  @ApiProperty(MAYBE_TEXT)
  displayName: string | null;

  @ApiProperty(MAYBE_TEXT)
  platform: string | null;

  @ApiProperty(MAYBE_TEXT)
  deviceFamily: string | null;

  @ApiProperty(MAYBE_TEXT)
  clientId: string | null;

  @ApiProperty(MAYBE_TEXT)
  clientMode: string | null;

  @ApiProperty({ enum: ROLES, isArray: true })
  roles: readonly Role[];

  @ApiProperty({ enum: SCOPES, isArray: true, description: 'What was approved for it.' })
  scopes: readonly Scope[];

  @ApiProperty({ ...MAYBE_TEXT, description: 'Where it came from last.' })
  remoteAddress: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: Date;

  @ApiProperty(MAYBE_MOMENT)
  approvedAt: Date | null;

  @ApiProperty({ ...MAYBE_TEXT, description: 'Method and subject of who let it in.' })
  approvedBy: string | null;

  @ApiProperty(MAYBE_MOMENT)
  lastSeenAt: Date | null;

  @ApiProperty({ description: 'Whether it has an open WebSocket, to this gateway or to another on the same database.' })
  connected: boolean;

  @ApiProperty({ description: 'Whether this is the device that asks.' })
  self: boolean;

  @ApiProperty({ type: AbilitiesView, description: 'What was approved of what it declares, as a node.' })
  approved: AbilitiesView;

  @ApiProperty({ type: [DeviceTokenView] })
  tokens: readonly DeviceTokenView[];

  static of(device: DeviceRecord, { tokens = [], connected, self }: DeviceNow): DeviceView {
    const { id, displayName, platform, deviceFamily, clientId, clientMode, roles, scopes } = device;
    const { remoteAddress, createdAt, approvedAt, approvedBy, lastSeenAt } = device;
    return {
      id,
      displayName,
      platform,
      deviceFamily,
      clientId,
      clientMode,
      roles,
      scopes,
      remoteAddress,
      createdAt,
      approvedAt,
      approvedBy,
      lastSeenAt,
      connected,
      self,
      approved: AbilitiesView.of(device),
      tokens: tokens.map(DeviceTokenView.of),
    };
  }
}

/** A page of devices. */
export class DevicePageView {
  @ApiProperty({ type: [DeviceView] })
  items: readonly DeviceView[];

  @ApiProperty({ ...MAYBE_TEXT, description: 'Where the next page begins; null on the last one.' })
  nextCursor: string | null;
}

/** A token that was replaced. */
export class RotatedTokenView {
  @ApiProperty(DEVICE_ID)
  deviceId: string;

  @ApiProperty({ enum: ROLES })
  role: Role;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes: readonly Scope[];

  @ApiProperty({ format: 'date-time' })
  rotatedAt: Date;

  @ApiProperty({
    enum: ['in-band', 'withheld'],
    description: 'Withheld: the device gets a token when it next signs in with its key.',
  })
  tokenDelivery: 'in-band' | 'withheld';

  @ApiPropertyOptional({ description: 'Only for the device itself, or for an admin who asked for it.' })
  token?: string;

  static of({ deviceId, role, scopes, rotatedAt, token }: Rotated, isShown: boolean): RotatedTokenView {
    const common = { deviceId, role, scopes, rotatedAt };
    return isShown ? { ...common, tokenDelivery: 'in-band', token } : { ...common, tokenDelivery: 'withheld' };
  }
}

/** A token that was ended, with the role that it was for. */
export class RevokedTokenView {
  @ApiProperty(DEVICE_ID)
  deviceId: string;

  @ApiProperty({ enum: ROLES })
  role: Role;

  @ApiProperty({ format: 'date-time' })
  revokedAt: Date;
}
