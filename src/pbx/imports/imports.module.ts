import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { RevocationsModule } from '../../nodes/revocations/revocations.module';
import { TokensModule } from '../../accounts/tokens/tokens.module';
import { ImportAccess } from './import-access.service';
import { ImportJobsRepository } from './import-jobs.repository';
import { BulkWriter } from './bulk-writer';
import { ImportExecutor } from './import-executor';
import { ImportQueue } from './import-queue.service';
import { ImportsService } from './imports.service';

@Module({
  imports: [EventsModule, RevocationsModule, TokensModule],
  providers: [ImportAccess, ImportJobsRepository, BulkWriter, ImportExecutor, ImportQueue, ImportsService],
  exports: [ImportAccess, ImportQueue, ImportsService],
})
export class ImportsModule {}
