import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { NodePoolModule } from '../registry/node-pool.module';
import { RegistrationsModule } from '../registrations/state/registrations.module';
import { RevocationsModule } from './revocations.module';
import { ReceiptsService } from './receipts.service';
import { KicksService } from './kicks.service';

/** Receipts of revocations, and kicks. */
@Module({
  imports: [EventsModule, NodePoolModule, RegistrationsModule, RevocationsModule],
  providers: [ReceiptsService, KicksService],
  exports: [ReceiptsService, KicksService],
})
export class ReceiptsModule {}
