import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { NodesService } from './nodes.service';

/** Which FreeSWITCH nodes there are. */
@Module({ imports: [EventsModule], providers: [NodesService], exports: [NodesService] })
export class NodesModule {}
