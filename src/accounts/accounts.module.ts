import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { StorageModule } from '../storage/storage.module.js';
import { AccessTokens } from './access-tokens.service.js';
import { DeviceGrantPolling } from './device-grant-polling.js';
import { DeviceGrantsService } from './device-grants.service.js';
import { ExternalIssuers } from './external-issuers.service.js';
import { ExternalUserRows } from './external/external-user-rows.js';
import { ExternalUsers } from './external/external-users.service.js';
import { IssuerKeys } from './external/issuer-keys.js';
import { IssuerMetadata } from './external/issuer-metadata.js';
import { Outbound } from './external/outbound.js';
import { TrustedJwts } from './external/trusted-jwts.js';
import { GatewayTokensService } from './gateway-tokens.service.js';
import { InvitationsService } from './invitations.service.js';
import { AccountMail } from './mail/account-mail.js';
import { Mailer } from './mail/mailer.js';
import { SigningKeyRows } from './keys/signing-key-rows.js';
import { TokenIntrospection } from './oauth/introspection.js';
import { RefreshGrant } from './oauth/refresh-grant.js';
import { TokenRevocation } from './oauth/revocation.js';
import { PasswordChanges } from './password-changes.service.js';
import { PasswordLogins } from './password-logins.service.js';
import { Passwords } from './passwords/passwords.js';
import { ProfilesService } from './profiles.service.js';
import { RecoveryService } from './recovery.service.js';
import { Admissions } from './registration/admissions.js';
import { RegistrationService } from './registration/registration.service.js';
import { SetupCodes } from './registration/setup-codes.js';
import { LiveSessions } from './sessions/live-sessions.js';
import { OidcService } from './oidc.service.js';
import { OidcClient } from './oidc/oidc-client.js';
import { OidcFlows } from './oidc/oidc-flows.js';
import { OidcRefusals } from './oidc/oidc-refusals.js';
import { OidcSignInRows } from './oidc/oidc-sign-in-rows.js';
import { SignUpService } from './sign-up.service.js';
import { SigningKeysService } from './signing-keys.service.js';
import { SubjectTokens } from './subject-tokens.service.js';
import { TenantsService } from './tenants.service.js';
import { TokenEnd } from './token-end.js';
import { TokenIssue } from './token-issue.js';
import { TokenUses } from './token-uses.js';
import { AccountsUpkeep } from './upkeep/accounts-upkeep.js';
import { UserSessionsService } from './user-sessions.service.js';
import { UserStandingService } from './user-standing.service.js';
import { UsersService } from './users.service.js';

const SIGN_IN = [SigningKeyRows, SigningKeysService, LiveSessions, AccessTokens, UserSessionsService];
const SIGN_UP = [SetupCodes, Admissions, RegistrationService, SignUpService, ProfilesService];
const PASSWORDS = [Passwords, PasswordLogins, PasswordChanges, RecoveryService, Mailer, AccountMail];
const OAUTH = [
  SubjectTokens,
  DeviceGrantsService,
  DeviceGrantPolling,
  RefreshGrant,
  TokenIntrospection,
  TokenRevocation,
];
const EXTERNAL = [Outbound, IssuerMetadata, IssuerKeys, TrustedJwts, ExternalUserRows, ExternalUsers];
const OIDC = [OidcSignInRows, OidcClient, OidcFlows, OidcRefusals];
const PEOPLE = [UsersService, UserStandingService, TenantsService, InvitationsService];

const TOKENS = [GatewayTokensService, TokenIssue, TokenEnd, TokenUses];

/** What others may ask for. Of what comes from outside they see the two services alone. */
const SHARED = [...TOKENS, ...PEOPLE, ...SIGN_IN, ...SIGN_UP, ...PASSWORDS, ...OAUTH, ExternalIssuers, OidcService];

/** People, tenants and the tokens that they hold. */
@Module({
  imports: [StorageModule, AuditModule],
  providers: [...SHARED, ...EXTERNAL, ...OIDC, AccountsUpkeep],
  exports: [...SHARED, StorageModule],
})
export class AccountsModule {}
