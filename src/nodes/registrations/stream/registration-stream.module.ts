import { Module } from '@nestjs/common';
import { EventsModule } from '../../../events/events.module';
import { RegistrationsModule } from '../state/registrations.module';
import { TokensModule } from '../../../accounts/tokens/tokens.module';
import { StreamHub } from './stream-hub.service';
import { StreamLimits } from './stream-limits';

/** Registrations as they change, pushed. */
@Module({
  imports: [EventsModule, RegistrationsModule, TokensModule],
  providers: [StreamHub, StreamLimits],
  exports: [StreamHub],
})
export class RegistrationStreamModule {}
