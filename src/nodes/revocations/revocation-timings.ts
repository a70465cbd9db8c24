import { Injectable } from '@nestjs/common';

/** How long things take in revocations, in ms. Tests tighten them. */
@Injectable()
export class RevocationTimings {
  /**
   * How long after the first pass the second one follows: longer than any lookup may take (also one that
   * another instance answers), so that an answer from before the change is out of the cache for good.
   */
  secondPass = 3_000;
}
