import { Module } from '@nestjs/common';
import { EventFeed } from './event-feed.service';
import { EventLog } from './event-log';
import { EventsModule } from './events.module';

/** What other processes on the same database did; only a server follows it. */
@Module({ imports: [EventsModule], providers: [EventLog, EventFeed], exports: [EventFeed] })
export class EventFeedModule {}
