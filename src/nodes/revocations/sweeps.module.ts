import { Module } from '@nestjs/common';
import { EventFeedModule } from '../../events/event-feed.module';
import { NodePoolModule } from '../registry/node-pool.module';
import { RevocationsModule } from './revocations.module';
import { NodeSweeper } from './node-sweeper';
import { PhonePins } from './phone-pins.service';
import { WorkOfOthers } from './work-of-others';

/** What only a server does: sweep nodes, finish the work of other processes, delete PINs that phones set. */
@Module({
  imports: [EventFeedModule, NodePoolModule, RevocationsModule],
  providers: [NodeSweeper, WorkOfOthers, PhonePins],
})
export class SweepsModule {}
