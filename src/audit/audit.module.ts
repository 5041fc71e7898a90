import { Module } from '@nestjs/common';
import { AuditService } from './audit.service.js';

/** What happened, for whoever has to write it down. */
@Module({ providers: [AuditService], exports: [AuditService] })
export class AuditModule {}
