import { AuditEvent } from './audit-event.js';
import { AuditHead } from './audit-head.js';
import { AuthProfileUsage } from './auth-profile-usage.js';
import { AuthProfiles } from './auth-profiles.js';
import { ChatMessage } from './chat-message.js';
import { ChatSession } from './chat-session.js';
import { BudgetLease } from './budget-lease.js';
import { Budget } from './budget.js';
import { DataKey } from './data-key.js';
import { DeviceInvite } from './device-invite.js';
import { DevicePresence } from './device-presence.js';
import { DeviceToken } from './device-token.js';
import { Device } from './device.js';
import { GatewayToken } from './gateway-token.js';
import { MailCode } from './mail-code.js';
import { ModelUsageBatch } from './model-usage-batch.js';
import { ModelUsage } from './model-usage.js';
import { OAuthDeviceCode } from './oauth-device-code.js';
import { OidcSignIn } from './oidc-sign-in.js';
import { IdempotentAnswer } from './idempotent-answer.js';
import { PairingRequest } from './pairing-request.js';
import { RefreshToken } from './refresh-token.js';
import { Replica } from './replica.js';
import { SetupCode } from './setup-code.js';
import { SigningKey } from './signing-key.js';
import { Tenant } from './tenant.js';
import { UserInvitation } from './user-invitation.js';
import { UserPassword } from './user-password.js';
import { UserSession } from './user-session.js';
import { UserIdentity } from './user-identity.js';
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
  AuditHead,
  UserPassword,
  RefreshToken,
  MailCode,
  UserInvitation,
  SetupCode,
  SigningKey,
  UserIdentity,
  OidcSignIn,
  OAuthDeviceCode,
  Replica,
  IdempotentAnswer,
  DevicePresence,
  DataKey,
  AuthProfiles,
  AuthProfileUsage,
  ModelUsage,
  ModelUsageBatch,
  Budget,
  BudgetLease,
  ChatSession,
  ChatMessage,
] as const;
