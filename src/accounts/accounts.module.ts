import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { StorageModule } from '../storage/storage.module.js';
import { AccessTokens } from './access-tokens.service.js';
import { DeviceGrantPolling } from './device-grant-polling.js';
import { DeviceGrantsService } from './device-grants.service.js';
import { GatewayTokensService } from './gateway-tokens.service.js';
import { InvitationsService } from './invitations.service.js';
import { SigningKeyRows } from './keys/signing-key-rows.js';
import { TokenIntrospection } from './oauth/introspection.js';
import { RefreshGrant } from './oauth/refresh-grant.js';
import { TokenRevocation } from './oauth/revocation.js';
import { LiveSessions } from './sessions/live-sessions.js';
import { SigningKeysService } from './signing-keys.service.js';
import { SubjectTokens } from './subject-tokens.service.js';
import { TenantsService } from './tenants.service.js';
import { TokenEnd } from './token-end.js';
import { TokenIssue } from './token-issue.js';
import { TokenUses } from './token-uses.js';
import { UserSessionsService } from './user-sessions.service.js';
import { UserStandingService } from './user-standing.service.js';
import { UsersService } from './users.service.js';

const SIGN_IN = [SigningKeyRows, SigningKeysService, LiveSessions, AccessTokens, UserSessionsService];
const OAUTH = [
  SubjectTokens,
  DeviceGrantsService,
  DeviceGrantPolling,
  RefreshGrant,
  TokenIntrospection,
  TokenRevocation,
];
const PEOPLE = [UsersService, UserStandingService, TenantsService, InvitationsService];

/** People, tenants and the tokens that they hold. */
@Module({
  imports: [StorageModule, AuditModule],
  providers: [GatewayTokensService, TokenIssue, TokenEnd, TokenUses, ...PEOPLE, ...SIGN_IN, ...OAUTH],
  exports: [GatewayTokensService, TokenIssue, TokenEnd, TokenUses, ...PEOPLE, ...SIGN_IN, ...OAUTH, StorageModule],
})
export class AccountsModule {}
