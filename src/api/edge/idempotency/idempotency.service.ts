import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { authOf } from '../authentication/current-auth';
import { Conflict, InvalidData, MalformedRequest, Unauthorized } from '../../../core/errors';
import { InstallationSecrets } from '../../../platform/config/secret-files';
import { CannotUnseal, SealedBox } from '../../../platform/secrets/sealed-box';
import { type FingerprintedRequest, fingerprints, hashOfKey, isIdempotencyKey } from './fingerprint';
import { type IdempotencyKey } from '../../../schema/idempotency-key.entity';
import { IdempotencyStore, RENEW_EVERY_MS } from './idempotency-store';
import { type KeptAnswer, openAnswer, type KeptRights, sealAnswer, stillHas } from './kept-answer';

const PURGE_EVERY_MS = 3_600_000;
/** After these the same request may well go another way. */
const NOT_KEPT = new Set([401, 403, 409, 412, 429]);
export const REPLAYED = { 'Idempotent-Replayed': 'true' };
const KEPT_HEADERS = ['content-type', 'cache-control', 'etag', 'location'];

class StillRunning extends Conflict {
  override readonly retryAfterS = 1;

  constructor() {
    super('A request with this idempotency key is still running.');
  }
}

/** Gives a repeated POST its first answer, for 24 h; a request runs once however often it is sent. */
@Injectable()
export class Idempotency implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Idempotency.name);
  private readonly fingerprintOf: (asked: FingerprintedRequest) => string;
  private readonly running = new Map<FastifyRequest, number>();
  private readonly timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly store: IdempotencyStore,
    private readonly box: SealedBox,
    secrets: InstallationSecrets,
  ) {
    this.fingerprintOf = fingerprints(secrets.appKey);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.purge();
    this.timers.push(setInterval(() => void this.purge(), PURGE_EVERY_MS));
    this.timers.push(setInterval(() => void this.renew(), RENEW_EVERY_MS));
  }

  onApplicationShutdown(): void {
    this.timers.forEach(clearInterval);
  }

  /**
   * Claims the key for the request.
   * @param scope whose key it is, who has shown to be that: `token 12` or `login 7`
   * @param mayRepeat whether an earlier answer is still good; if not the request runs anew
   * @returns the answer to an earlier one like it, or null when this one is the first
   * @throws MalformedRequest for something that is no key
   * @throws InvalidData for a key that another request used
   * @throws Conflict while the earlier one runs, or when its answer no longer opens
   * @throws Unauthorized when what the token may do has changed since
   */
  async begin(
    request: FastifyRequest,
    key: unknown,
    scope: string,
    mayRepeat: (answer: KeptAnswer) => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<KeptAnswer | null> {
    if (!isIdempotencyKey(key))
      throw new MalformedRequest('The Idempotency-Key header must be 1 to 255 visible ASCII characters.');
    const { method, url, body } = request;
    const use = { scope, keyHash: hashOfKey(key), fingerprint: this.fingerprintOf({ method, url, body }) };
    let { row, earlier } = await this.store.claim(use);
    while (earlier) {
      const answer = await this.answerOf(row, use.fingerprint, rightsOf(request));
      if (await mayRepeat(answer)) return answer;
      await this.store.release(row.id);
      ({ row, earlier } = await this.store.claim(use));
    }
    this.running.set(request, row.id);
    return null;
  }

  /** Whether the request claimed a key. */
  isFirst(request: FastifyRequest): boolean {
    return this.running.has(request);
  }

  /** Keeps the answer for whoever repeats the request, or lets go of the key. Never fails. */
  async end(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> {
    const id = this.running.get(request);
    if (id === undefined) return;
    this.running.delete(request);
    const status = reply.statusCode;
    const body = bytesOf(payload);
    try {
      if (status >= 500 || NOT_KEPT.has(status) || body === null) await this.store.release(id);
      else
        await this.store.keep(
          id,
          sealAnswer(
            this.box,
            { rights: rightsOf(request), status, headers: headersOf(reply), body },
            place(id),
          ),
        );
    } catch (error) {
      request.log.warn(
        { event: 'idempotency.save_failed', err: error },
        'the answer of an idempotency key could not be saved',
      );
    }
  }

  private async answerOf(
    row: IdempotencyKey,
    fingerprint: string,
    rights: KeptRights | null,
  ): Promise<KeptAnswer> {
    // Before fingerprints are compared: with another APP_KEY they would differ as well.
    const answer = row.claimedUntil === null ? await this.open(row.id) : null;
    if (row.fingerprint !== fingerprint) {
      const sentence = 'The idempotency key has already been used with another request.';
      throw InvalidData.field('idempotency_key', sentence);
    }
    if (!answer) throw new StillRunning();
    if (!stillHas(rights, answer.rights)) throw new Unauthorized();
    return answer;
  }

  private async open(id: number): Promise<KeptAnswer> {
    try {
      return openAnswer(this.box, await this.store.partsOf(id), place(id));
    } catch (error) {
      if (!(error instanceof CannotUnseal)) throw error;
      throw new Conflict('The first answer for this idempotency key can no longer be opened.');
    }
  }

  private async renew(): Promise<void> {
    if (this.running.size === 0) return;
    try {
      await this.store.renew([...this.running.values()]);
    } catch (error) {
      this.logger.warn(
        { event: 'idempotency.renew_failed', err: error },
        'the claims of idempotency keys could not be renewed',
      );
    }
  }

  private async purge(): Promise<void> {
    try {
      await this.store.purge();
    } catch (error) {
      this.logger.warn(
        { event: 'idempotency.purge_failed', err: error },
        'old idempotency keys could not be removed',
      );
    }
  }
}

function rightsOf(request: FastifyRequest): KeptRights | null {
  const account = authOf(request);
  return account ? { permissions: [...account.permissions], scope: account.scope } : null;
}

function place(id: number): string {
  return `the answer of idempotency key ${id}`;
}

/** Null for a stream, of which nobody knows how long it is. */
function bytesOf(payload: unknown): Buffer | null {
  if (payload === undefined || payload === null) return Buffer.alloc(0);
  if (Buffer.isBuffer(payload)) return payload;
  return typeof payload === 'string' ? Buffer.from(payload) : null;
}

function headersOf(reply: FastifyReply): Record<string, string> {
  const given = KEPT_HEADERS.map((name) => [name, reply.getHeader(name)]);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Record<string, string>;
}
