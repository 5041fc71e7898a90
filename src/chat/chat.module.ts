import { Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { StorageModule } from '../storage/storage.module.js';
import { AccountingModule } from './accounting/accounting.module.js';
import { CallTraces } from './call-traces.js';
import { ModelCalls } from './model-calls.service.js';
import { ModelMetrics } from './model-metrics.js';
import { SESSION_PARTS, SESSION_SERVICES } from './sessions/index.js';

/** Calls to models, and the conversations that are held with them. */
@Module({
  imports: [CredentialsModule, AccountingModule, StorageModule],
  providers: [CallTraces, ModelCalls, ModelMetrics, ...SESSION_SERVICES, ...SESSION_PARTS],
  exports: [CallTraces, ModelCalls, AccountingModule, ...SESSION_SERVICES],
})
export class ChatModule {}
