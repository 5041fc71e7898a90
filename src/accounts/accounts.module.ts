import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/storage.module.js';
import { GatewayTokensService } from './gateway-tokens.service.js';
import { UsersService } from './users.service.js';

/** People, tenants and the tokens that they hold. */
@Module({
  imports: [StorageModule],
  providers: [GatewayTokensService, UsersService],
  exports: [GatewayTokensService, UsersService, StorageModule],
})
export class AccountsModule {}
