import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { createClient } from '@redis/client';
import { withDeadline } from '../../../core/deadline';
import { AvailabilityMonitor } from '../../../platform/availability-monitor';
import { RateLimitStore } from './rate-limit-store';
import { type Taken } from './sliding-window';
import { TAKE } from './take-script';

const PREFIX = 'dialplane:limit:';
/** A request does not wait longer than this to be counted. */
const DEADLINE_MS = 100;
/** The start waits so long for Redis, and then goes on without it. */
const START_DEADLINE_MS = 500;
const CONNECT_DEADLINE_MS = 1_000;
/** A connection on which nothing comes for so long, not even the answer to a ping, is given up. */
const SILENCE_MS = 2_000;
const PING_EVERY_MS = 500;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
const MOST_WAITING = 10_000;
const NO_LIMIT = 1_000_000;

function clientOf(url: string) {
  return createClient({
    url,
    scripts: { take: TAKE },
    disableOfflineQueue: true,
    commandsQueueMaxLength: MOST_WAITING,
    pingInterval: PING_EVERY_MS,
    maintNotifications: 'disabled',
    socket: {
      connectTimeout: CONNECT_DEADLINE_MS,
      socketTimeout: SILENCE_MS,
      reconnectStrategy: (retries) =>
        Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(retries, 10)) * (0.5 + Math.random() / 2),
    },
  });
}

/** The windows in Redis, which all instances share. While Redis is away, or slow, there are none. */
export class RedisStore extends RateLimitStore implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(RedisStore.name);
  private readonly client: ReturnType<typeof clientOf>;
  // Redis is watched as the database is: one probe follows another while it is away.
  private readonly presence = new AvailabilityMonitor(() => this.ask('probe', NO_LIMIT));
  private lastError: unknown = null;

  constructor(url: string) {
    super();
    this.client = clientOf(url);
    this.client.on('error', (error: unknown) => {
      this.lastError = error;
      this.presence.suspect();
    });
    this.presence.onChange((change) => {
      if (change.there) this.logger.log({ event: 'redis.available' }, 'Redis is back');
      else
        this.logger.warn(
          { event: 'redis.unavailable', err: this.lastError ?? change.error },
          'Redis is away; rate limits do not apply',
        );
      this.lastError = null;
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    const away = (): void => this.presence.suspect();
    const connecting = this.client.connect().then(() => undefined, away);
    await withDeadline(connecting, START_DEADLINE_MS, away);
  }

  onApplicationShutdown(): void {
    this.presence.stop();
    if (this.client.isOpen) this.client.destroy();
  }

  async take(key: string, limit: number): Promise<Taken | null> {
    if (!this.presence.there) return null;
    try {
      return await this.ask(key, limit);
    } catch (error) {
      this.lastError ??= error;
      this.presence.suspect();
      return null;
    }
  }

  private ask(key: string, limit: number): Promise<Taken> {
    // After what has come meanwhile was read: it may be this process that stood still, not Redis.
    const late = (): Promise<Taken> =>
      new Promise((_, reject) =>
        setImmediate(reject, new Error(`Redis took longer than ${DEADLINE_MS} ms.`)),
      );
    return withDeadline(this.client.take(PREFIX + key, limit), DEADLINE_MS, late);
  }
}
