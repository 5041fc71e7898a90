import { Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { AccountingModule } from './accounting/accounting.module.js';
import { ModelCalls } from './model-calls.service.js';

/** Calls to models, and the conversations that are held with them. */
@Module({
  imports: [CredentialsModule, AccountingModule],
  providers: [ModelCalls],
  exports: [ModelCalls, AccountingModule],
})
export class ChatModule {}
