import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/storage.module.js';
import { AuditQueue } from './audit-queue.js';
import { AuditReader } from './audit-reader.js';
import { AuditVerification } from './audit-verification.js';
import { AuditService } from './audit.service.js';

/** What happened, for whoever has to write it down or read it again. */
@Module({
  imports: [StorageModule],
  providers: [AuditService, AuditQueue, AuditReader, AuditVerification],
  exports: [AuditService, AuditReader, AuditVerification],
})
export class AuditModule {}
