import { ApiProperty } from '@nestjs/swagger';
import { covers, ROLES, type Role, SCOPES, type Scope } from '../kernel/scopes.js';
import type { DeviceRecord } from '../pairing/devices.service.js';
import { beyond, NO_ABILITIES } from '../pairing/abilities.js';
import type { PendingRequest } from '../pairing/pending-requests.js';
import { AbilitiesView, DEVICE_ID, DeviceView, MAYBE_TEXT } from './device.view.js';

/** A device that waits for a person. */
export class PendingView {
  @ApiProperty({ format: 'uuid' })
  requestId: string;

  @ApiProperty(DEVICE_ID)
  deviceId: string;

  @ApiProperty({ example: 'ABCD-1234', description: 'The device shows the same one: compare them.' })
  code: string;

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

  @ApiProperty({ enum: ROLES })
  role: Role;

  @ApiProperty({ description: 'Whether the device has not had this role so far.' })
  newRole: boolean;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes: readonly Scope[];

  @ApiProperty({ enum: SCOPES, isArray: true, description: 'Those of them that it has not had so far.' })
  newScopes: readonly Scope[];

  @ApiProperty({ type: AbilitiesView, description: 'What it declares that it can do, as a node.' })
  abilities: AbilitiesView;

  @ApiProperty({ type: AbilitiesView, description: 'What of that was not approved so far.' })
  newAbilities: AbilitiesView;

  @ApiProperty({ description: 'Whether the device was paired before.' })
  isRepair: boolean;

  @ApiProperty(MAYBE_TEXT)
  remoteAddress: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: Date;

  @ApiProperty({ format: 'date-time' })
  expiresAt: Date;

  /** `known` is the device as it is paired now, if it is. */
  static of(request: PendingRequest, known?: DeviceRecord): PendingView {
    const { requestId, deviceId, code, displayName, platform, deviceFamily, clientId, clientMode } = request;
    const { role, scopes, isRepair, remoteAddress, createdAt, expiresAt, tenantId } = request;
    const before = known && !known.revoked && known.tenantId === tenantId ? known : undefined;
    return {
      requestId,
      deviceId,
      code,
      displayName,
      platform,
      deviceFamily,
      clientId,
      clientMode,
      role,
      newRole: !before?.roles.includes(role),
      scopes,
      newScopes: scopes.filter((scope) => !covers(before?.scopes ?? [], scope)),
      abilities: AbilitiesView.of(request),
      newAbilities: AbilitiesView.of(beyond(request, before ?? NO_ABILITIES)),
      isRepair,
      remoteAddress,
      createdAt,
      expiresAt,
    };
  }
}

/** All that wait; there are never many. */
export class PendingPageView {
  @ApiProperty({ type: [PendingView] })
  items: readonly PendingView[];

  @ApiProperty({ ...MAYBE_TEXT, description: 'Always null: they are bounded.' })
  nextCursor: null;
}

/** A device that was let in. */
export class ApprovedView {
  @ApiProperty({ format: 'uuid' })
  requestId: string;

  @ApiProperty({ type: DeviceView })
  device: DeviceView;
}

/** A device that was turned away. */
export class RejectedView {
  @ApiProperty({ format: 'uuid' })
  requestId: string;

  @ApiProperty(DEVICE_ID)
  deviceId: string;
}
