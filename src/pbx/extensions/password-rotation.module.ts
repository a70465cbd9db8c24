import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { RevocationsModule } from '../../nodes/revocations/revocations.module';
import { PasswordRotationService } from './password-rotation.service';

@Module({
  imports: [EventsModule, RevocationsModule],
  providers: [PasswordRotationService],
  exports: [PasswordRotationService],
})
export class PasswordRotationModule {}
