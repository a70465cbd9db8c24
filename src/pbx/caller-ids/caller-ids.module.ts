import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { RevocationsModule } from '../../nodes/revocations/revocations.module';
import { CallerIdsService } from './caller-ids.service';

@Module({
  imports: [EventsModule, RevocationsModule],
  providers: [CallerIdsService],
  exports: [CallerIdsService],
})
export class CallerIdsModule {}
