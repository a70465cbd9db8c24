import { Module } from '@nestjs/common';
import { AuditService } from './audit/audit.service';
import { ExtensionChanges } from './extension-changes';

/** What happened: the audit, written in the transaction that changes something, and who hears of it in this process. */
@Module({ providers: [AuditService, ExtensionChanges], exports: [AuditService, ExtensionChanges] })
export class EventsModule {}
