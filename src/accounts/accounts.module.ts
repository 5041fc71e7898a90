import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { StorageModule } from '../storage/storage.module.js';
import { AccessTokens } from './access-tokens.service.js';
import { GatewayTokensService } from './gateway-tokens.service.js';
import { SigningKeyRows } from './keys/signing-key-rows.js';
import { LiveSessions } from './sessions/live-sessions.js';
import { SigningKeysService } from './signing-keys.service.js';
import { TokenEnd } from './token-end.js';
import { TokenIssue } from './token-issue.js';
import { TokenUses } from './token-uses.js';
import { UserSessionsService } from './user-sessions.service.js';
import { UsersService } from './users.service.js';

const SIGN_IN = [SigningKeyRows, SigningKeysService, LiveSessions, AccessTokens, UserSessionsService];

/** People, tenants and the tokens that they hold. */
@Module({
  imports: [StorageModule, AuditModule],
  providers: [GatewayTokensService, TokenIssue, TokenEnd, TokenUses, UsersService, ...SIGN_IN],
  exports: [GatewayTokensService, TokenEnd, TokenUses, UsersService, ...SIGN_IN, StorageModule],
})
export class AccountsModule {}
