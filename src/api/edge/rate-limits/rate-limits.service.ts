import { Injectable } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { clientAddress } from '../client-address';
import { TooManyRequests } from '../../../core/errors';
import { Settings } from '../../../platform/config/settings';
import { Metrics } from '../../../platform/metrics';
import { RateLimitStore } from './rate-limit-store';
import { type Taken } from './sliding-window';
import { type LimitClass, limitClassOf, subjectOfAddress, subjectOfName, subjectOfToken } from './subject';

/** Nobody can say what is left: the client is told that nothing is used up. */
const UNTOUCHED = { allowed: true, resetMs: 0 };

/** How many requests a token, or an address without one, may send in a minute. */
@Injectable()
export class RateLimits {
  private readonly limits: Record<LimitClass, number>;

  constructor(
    settings: Settings,
    private readonly store: RateLimitStore,
    private readonly metrics: Metrics,
  ) {
    this.limits = {
      pbx: settings.RATE_LIMIT_PBX,
      click_to_call: settings.RATE_LIMIT_CLICK_TO_CALL,
      login: settings.RATE_LIMIT_LOGIN,
      auth: settings.RATE_LIMIT_AUTH,
    };
  }

  /**
   * Counts a request under /api, once it is known who sends it, and tells in its answer's headers what is left.
   * @param holder of the request's token; undefined without a good one: its address is counted
   * @throws TooManyRequests
   */
  async admit(
    request: FastifyRequest,
    reply: FastifyReply,
    holder?: { tokenId: number; rateLimit: number | null },
  ): Promise<void> {
    const limitClass = limitClassOf(request.routeOptions.url, request.url);
    const subject = holder ? subjectOfToken(holder.tokenId) : subjectOfAddress(clientAddress(request));
    const own = limitClass === 'pbx' ? holder?.rateLimit : null;
    await this.take(reply, limitClass, subject, own ?? this.limits[limitClass]);
  }

  /**
   * Counts a login by the name that it brought; admit() counted its address. To be called before anything is
   * asked about the name.
   * @throws TooManyRequests
   */
  async takeLogin(reply: FastifyReply, username: string): Promise<void> {
    await this.take(reply, 'login', subjectOfName(username), this.limits.login);
  }

  /**
   * Counts somebody who is logged in and types a password as a login from that address by that name.
   * @throws TooManyRequests
   */
  async takeProof(request: FastifyRequest, reply: FastifyReply, username: string): Promise<void> {
    const address = subjectOfAddress(clientAddress(request));
    await this.take(reply, 'login', address, this.limits.login);
    await this.takeLogin(reply, username);
  }

  private async take(
    reply: FastifyReply,
    limitClass: LimitClass,
    subject: string,
    limit: number,
  ): Promise<void> {
    if (limit === 0) return;
    const known = await this.store.take(`${limitClass}:${subject}`, limit);
    if (!known) this.metrics.rateLimitPassed.inc();
    const taken = known ?? { ...UNTOUCHED, remaining: limit };
    writeHeaders(reply, limit, taken);
    if (taken.allowed) return;
    this.metrics.rateLimited.inc({ class: limitClass });
    throw new TooManyRequests(Math.max(1, Math.ceil(taken.resetMs / 1000)));
  }
}

/** Of two limits the answer tells the one of which less is left. */
function writeHeaders(reply: FastifyReply, limit: number, { allowed, remaining, resetMs }: Taken): void {
  const before = reply.getHeader('X-RateLimit-Remaining');
  if (allowed && before !== undefined && Number(before) <= remaining) return;
  void reply.headers({
    'X-RateLimit-Limit': limit,
    'X-RateLimit-Remaining': remaining,
    'X-RateLimit-Reset': Math.ceil((Date.now() + resetMs) / 1000),
  });
}
