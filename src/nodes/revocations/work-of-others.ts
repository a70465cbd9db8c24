import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { EventFeed } from '../../events/event-feed.service';
import { RevocationsService } from './revocations.service';

/** Has work looked for that another process recorded: it may end before it has done it, or have no nodes. */
@Injectable()
export class WorkOfOthers implements OnApplicationShutdown {
  readonly onApplicationShutdown: () => void;

  constructor(feed: EventFeed, revocations: RevocationsService) {
    this.onApplicationShutdown = feed.onEvent(({ hasRevocations }) => {
      if (hasRevocations) revocations.wakeLater();
    });
  }
}
