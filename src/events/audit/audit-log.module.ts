import { Module } from '@nestjs/common';
import { EventsModule } from '../events.module';
import { AuditLog } from './audit-log.service';

/** The audit as it is read, and its purge. */
@Module({ imports: [EventsModule], providers: [AuditLog], exports: [AuditLog] })
export class AuditLogModule {}
