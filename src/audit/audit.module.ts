import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/storage.module.js';
import { AuditQueue } from './audit-queue.js';
import { AuditService } from './audit.service.js';

/** What happened, for whoever has to write it down. */
@Module({ imports: [StorageModule], providers: [AuditService, AuditQueue], exports: [AuditService] })
export class AuditModule {}
