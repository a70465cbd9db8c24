import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { NodePoolModule } from '../registry/node-pool.module';
import { DirectoryService } from './directory.service';
import { LookupLog } from './lookup-log';
import { Lookups } from './lookups';
import { LookupsInFlight } from './lookups-in-flight';

/** Answers to a node's question for a user. */
@Module({
  imports: [EventsModule, NodePoolModule],
  providers: [DirectoryService, LookupLog, Lookups, LookupsInFlight],
  exports: [DirectoryService, LookupLog, Lookups, LookupsInFlight],
})
export class DirectoryModule {}
