import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { RevocationsModule } from '../../nodes/revocations/revocations.module';
import { RestoreService } from './restore.service';

/** Deleted extensions, restored or purged. */
@Module({
  imports: [EventsModule, RevocationsModule],
  providers: [RestoreService],
  exports: [RestoreService],
})
export class DeletedExtensionsModule {}
