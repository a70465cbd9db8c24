import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { RevocationsModule } from '../../nodes/revocations/revocations.module';
import { ExtensionsService } from './extensions.service';

@Module({
  imports: [EventsModule, RevocationsModule],
  providers: [ExtensionsService],
  exports: [ExtensionsService],
})
export class ExtensionsModule {}
