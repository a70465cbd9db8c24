import { type ServerResponse } from 'node:http';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type AuthContext } from '../../../accounts/auth-context';
import { TokenStore } from '../../../accounts/tokens/token-store';
import { ServiceUnavailable } from '../../../core/errors';
import { Settings } from '../../../platform/config/settings';
import { ExtensionChanges } from '../../../events/extension-changes';
import { Metrics } from '../../../platform/metrics';
import { ReplayBudget } from './replay-buffer';
import { TenantStream } from './tenant-stream';
import { namesOf, registrationNumbers } from '../state/registration-queries';
import { type RegistrationChange, RegistrationsService } from '../state/registrations.service';
import { StreamClient } from './stream-client';
import { type StreamFormat } from './stream-format';
import { StreamLimits } from './stream-limits';

const MOST_LOG_BYTES = 64 * 1024 * 1024;
const FULL_RETRY_S = 30;
/** How long a client waits before it connects again. */
const RETRY = 'retry: 2000\n\n';

/** Who wants to read what. */
export interface StreamRequest {
  account: AuthContext;
  bearer: string;
  format: StreamFormat;
  devices: boolean;
  /** The id of the last frame it has, if it has been here before. */
  lastEventId: string | null;
}

interface Subscription {
  asked: StreamRequest;
  reader: StreamClient | null;
}

/** The streams that are read at present, at most two of a dialect for all who see the same extensions, and their readers. */
@Injectable()
export class StreamHub implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(StreamHub.name);
  private readonly streams = new Map<string, TenantStream>();
  private readonly byDomain = new Map<string, Set<TenantStream>>();
  private readonly lingering = new Map<string, NodeJS.Timeout>();
  private readonly seats = new Set<Subscription>();
  private readonly budget = new ReplayBudget(MOST_LOG_BYTES);
  private readonly ends: (() => void)[] = [];
  private turn = 0;
  private heartbeat: NodeJS.Timeout | null = null;
  private tokenCheck: NodeJS.Timeout | null = null;
  private checking = false;
  private stopped = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly registrations: RegistrationsService,
    private readonly extensions: ExtensionChanges,
    private readonly tokens: TokenStore,
    private readonly settings: Settings,
    private readonly metrics: Metrics,
    private readonly limits: StreamLimits,
  ) {}

  onApplicationBootstrap(): void {
    this.ends.push(
      this.registrations.onChange((change) => this.review(change)),
      this.extensions.onChange(({ number, domain }) => {
        for (const stream of this.of(domain)) stream.touch(number);
      }),
    );
  }

  /** Before the server waits for its answers to end. */
  beforeApplicationShutdown(): void {
    this.stopped = true;
    for (const end of this.ends) end();
    this.stopTimers();
    for (const timer of this.lingering.values()) clearTimeout(timer);
    for (const { reader } of this.seats) reader?.end();
    for (const stream of this.streams.values()) stream.stop();
  }

  /**
   * Gives the response to the stream, which writes to it until it ends.
   * @param start sends the head; called once all is ready
   * @throws ServiceUnavailable when there are too many readers, or Dialplane is stopping
   */
  async open(asked: StreamRequest, response: ServerResponse, start: () => void): Promise<void> {
    const seat = this.takeSeat(asked);
    try {
      const key = keyOf(asked);
      const stream = this.streamFor(key, asked);
      await stream.loaded;
      if (this.stopped) throw new ServiceUnavailable();
      // Whoever has hung up meanwhile closed before this could hear it.
      if (response.destroyed) return this.leave(seat);
      start();
      this.seatReader(seat, { key, stream, response });
    } catch (error) {
      this.leave(seat);
      throw error;
    }
  }

  private takeSeat(asked: StreamRequest): Subscription {
    const { tenantId } = asked.account;
    const ofTenant = [...this.seats].filter((each) => each.asked.account.tenantId === tenantId).length;
    const full = this.seats.size >= this.limits.readers || ofTenant >= this.limits.readersOfTenant;
    if (this.stopped || full) throw new ServiceUnavailable(FULL_RETRY_S);
    const seat: Subscription = { asked, reader: null };
    this.seats.add(seat);
    this.metrics.streamReaders.set(this.seats.size);
    this.startTimers();
    return seat;
  }

  private leave(seat: Subscription): void {
    this.seats.delete(seat);
    this.metrics.streamReaders.set(this.seats.size);
    if (this.seats.size === 0) this.stopTimers();
  }

  private seatReader(
    seat: Subscription,
    { key, stream, response }: { key: string; stream: TenantStream; response: ServerResponse },
  ): void {
    const { lastEventId, account } = seat.asked;
    const resumed = lastEventId === null ? null : stream.log.positionOf(lastEventId);
    const snapshot = resumed === null ? stream.whole() : null;
    const position = snapshot?.position ?? resumed ?? 0;
    const reader = new StreamClient(response, stream.log, position, () => this.drop(account, reader));
    seat.reader = reader;
    response.once('close', () => {
      this.leave(seat);
      stream.readers.delete(reader);
      if (stream.readers.size === 0) this.linger(key, stream);
    });
    stream.readers.add(reader);
    clearTimeout(this.lingering.get(key));
    reader.write(RETRY);
    if (snapshot) reader.write(snapshot.bytes);
    reader.pump();
  }

  private streamFor(key: string, { account, format, devices }: StreamRequest): TenantStream {
    const known = this.streams.get(key);
    if (known) return known;
    const { tenantId, domain, scope } = account;
    const viewer = { tenantId, scope };
    const stream = new TenantStream(this.registrations, {
      format,
      domain,
      devices,
      dampingMs: this.settings.REGISTRATION_DAMPING_MS,
      budget: this.budget,
      roster: {
        all: () => registrationNumbers(this.dataSource, viewer, {}),
        among: async (numbers) => (await namesOf(this.dataSource, viewer, numbers)).keys(),
        onError: (error) =>
          this.logger.warn(
            { event: 'stream.extensions_read_failed', tenantId, err: error },
            'the extensions of a stream could not be read',
          ),
        everyMs: this.limits.roster,
      },
    });
    this.streams.set(key, stream);
    this.byDomain.set(domain, (this.byDomain.get(domain) ?? new Set()).add(stream));
    // Who waits for it hears of a failure; who asks next begins anew.
    stream.loaded.then(
      () => stream.readers.size === 0 && this.linger(key, stream),
      () => this.forget(key, stream),
    );
    return stream;
  }

  private linger(key: string, stream: TenantStream): void {
    clearTimeout(this.lingering.get(key));
    if (this.stopped) return;
    const end = (): void => {
      if (stream.readers.size === 0) this.forget(key, stream);
    };
    this.lingering.set(key, setTimeout(end, this.limits.linger));
  }

  private forget(key: string, stream: TenantStream): void {
    clearTimeout(this.lingering.get(key));
    this.lingering.delete(key);
    this.streams.delete(key);
    const others = this.byDomain.get(stream.domain);
    others?.delete(stream);
    if (others?.size === 0) this.byDomain.delete(stream.domain);
    stream.stop();
  }

  private of(domain: string): TenantStream[] {
    return [...(this.byDomain.get(domain) ?? [])];
  }

  private review(change: RegistrationChange): void {
    if (change === null) void this.reviewAll(++this.turn);
    else for (const stream of this.of(change.domain)) stream.review(change.number);
  }

  /** One stream in each turn of the event loop; a later change of a node begins anew. */
  private async reviewAll(turn: number): Promise<void> {
    for (const stream of [...this.streams.values()]) {
      if (this.stopped || turn !== this.turn) return;
      stream.reviewAll();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private drop({ tenantId }: AuthContext, reader: StreamClient): void {
    this.metrics.streamsDropped.inc();
    this.logger.log(
      { event: 'stream.slow_client_disconnected', tenantId },
      'a slow client of a stream was disconnected',
    );
    reader.drop();
  }

  private startTimers(): void {
    this.heartbeat ??= setInterval(() => this.beat(), this.limits.heartbeat);
    // With jitter: three quarters of the time to the whole of it.
    const often = this.limits.tokenCheck * (0.75 + Math.random() / 4);
    this.tokenCheck ??= setInterval(() => void this.checkTokens(), often);
  }

  private stopTimers(): void {
    if (this.heartbeat) clearInterval(this.heartbeat);
    if (this.tokenCheck) clearInterval(this.tokenCheck);
    this.heartbeat = null;
    this.tokenCheck = null;
  }

  private beat(): void {
    for (const { reader, asked } of this.seats) {
      if (!reader) continue;
      if (reader.waitedMs > this.limits.slowest) this.drop(asked.account, reader);
      else reader.beat();
    }
  }

  /** Ends the streams of tokens that are no longer good; each token is asked about once. */
  private async checkTokens(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    for (const [bearer, asked] of new Map([...this.seats].map((seat) => [seat.asked.bearer, seat.asked]))) {
      if (this.stopped || (await this.isGood(asked))) continue;
      for (const seat of this.seats) if (seat.asked.bearer === bearer) seat.reader?.end();
    }
    this.checking = false;
  }

  /** A database that is away ends no stream. */
  private async isGood({ bearer, account }: StreamRequest): Promise<boolean> {
    try {
      const holder = await this.tokens.holder(bearer);
      if (!holder?.tenantActive || !holder.account.permissions.has('extensions.read')) return false;
      return JSON.stringify(holder.account.scope) === JSON.stringify(account.scope);
    } catch (error) {
      this.logger.warn(
        { event: 'stream.token_check_failed', err: error },
        "a stream's token could not be checked",
      );
      return true;
    }
  }
}

const keyOf = ({ account: { domain, scope }, format, devices }: StreamRequest): string =>
  JSON.stringify([format.name, domain, devices, scope]);
