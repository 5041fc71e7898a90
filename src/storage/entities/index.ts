import { AuditEvent } from './audit-event.js';
import { DeviceInvite } from './device-invite.js';
import { DeviceToken } from './device-token.js';
import { Device } from './device.js';
import { GatewayToken } from './gateway-token.js';
import { PairingRequest } from './pairing-request.js';
import { Tenant } from './tenant.js';
import { UserSession } from './user-session.js';
import { User } from './user.js';

/** Every table that TypeORM knows. */
export const ENTITIES = [
  Tenant,
  User,
  UserSession,
  GatewayToken,
  Device,
  DeviceToken,
  PairingRequest,
  DeviceInvite,
  AuditEvent,
] as const;
