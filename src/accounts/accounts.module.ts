import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { StorageModule } from '../storage/storage.module.js';
import { GatewayTokensService } from './gateway-tokens.service.js';
import { TokenEnd } from './token-end.js';
import { TokenIssue } from './token-issue.js';
import { TokenUses } from './token-uses.js';
import { UsersService } from './users.service.js';

/** People, tenants and the tokens that they hold. */
@Module({
  imports: [StorageModule, AuditModule],
  providers: [GatewayTokensService, TokenIssue, TokenEnd, TokenUses, UsersService],
  exports: [GatewayTokensService, TokenEnd, TokenUses, UsersService, StorageModule],
})
export class AccountsModule {}
