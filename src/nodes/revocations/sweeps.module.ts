import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { NodePoolModule } from '../registry/node-pool.module';
import { RevocationsModule } from './revocations.module';
import { NodeSweeper } from './node-sweeper';
import { ChangeFeed } from './change-feed';
import { PhonePins } from './phone-pins.service';

/** What only a server does: sweep nodes, repeat what other instances changed, delete PINs that phones set. */
@Module({
  imports: [EventsModule, NodePoolModule, RevocationsModule],
  providers: [NodeSweeper, ChangeFeed, PhonePins],
})
export class SweepsModule {}
