import { Injectable } from '@nestjs/common';

/** How long things take in streams, in ms, and how many readers there may be. Tests tighten them. */
@Injectable()
export class StreamLimits {
  readers = 2_000;
  /** One tenant must not shut the others out. */
  readersOfTenant = 1_500;
  heartbeat = 15_000;
  /** A reader that has taken nothing of what was written for so long is dropped. */
  slowest = 30_000;
  /** How often it is asked whether a reader's token is still good. */
  tokenCheck = 60_000;
  /** How often the tenant's extensions are read again. */
  roster = 30_000;
  /** How long a stream without readers goes on, so that they can come back to it. */
  linger = 60_000;
}
