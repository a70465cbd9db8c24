import { type ServerResponse } from 'node:http';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { type AuthContext } from '../../../accounts/auth-context';
import { ServiceUnavailable } from '../../../core/errors';
import { ImportAccess } from '../../../pbx/imports/import-access.service';
import { type ImportJob, isOver } from '../../../schema/import-job.entity';
import { ImportQueue } from '../../../pbx/imports/import-queue.service';
import { mapImport } from './imports.dto';
import { ImportsService } from '../../../pbx/imports/imports.service';

const MOST_READERS = 200;
const MOST_OF_TENANT = 20;
const FULL_RETRY_S = 30;
/** How often a job of another process is looked at. */
const LOOK_MS = 1_000;
const RETRY = 'retry: 2000\n\n';
const HEARTBEAT = ': heartbeat\n\n';

interface Reader {
  account: AuthContext;
  response: ServerResponse;
  /** What it was told last. */
  told: string;
  leave: () => void;
}

/** Who follows imports by server-sent events. */
@Injectable()
export class ImportStreams implements BeforeApplicationShutdown {
  /** How often a reader hears that it is not forgotten, and whether it may read on is asked. Tests tighten it. */
  heartbeatMs = 15_000;
  private readonly readers = new Set<Reader>();
  private stopped = false;

  constructor(
    private readonly imports: ImportsService,
    private readonly runner: ImportQueue,
    private readonly holders: ImportAccess,
  ) {}

  /** Before the server waits for its answers to end. */
  beforeApplicationShutdown(): void {
    this.stopped = true;
    for (const { response, leave } of this.readers) {
      leave();
      response.end();
    }
  }

  /**
   * Tells the response of each step of the job until it is over.
   * @param start sends the head
   * @throws ServiceUnavailable when there are too many readers, or Dialplane is stopping
   */
  open(account: AuthContext, job: ImportJob, response: ServerResponse, start: () => void): void {
    const ofTenant = [...this.readers].filter((each) => each.account.tenantId === account.tenantId);
    const full = this.readers.size >= MOST_READERS || ofTenant.length >= MOST_OF_TENANT;
    if (this.stopped || full) throw new ServiceUnavailable(FULL_RETRY_S);
    // Whoever has hung up closed before this could hear it.
    if (response.destroyed) return;
    start();
    const ends: (() => void)[] = [];
    const reader = { account, response, told: '', leave: () => undefined as void };
    reader.leave = () => {
      this.readers.delete(reader);
      for (const end of ends) end();
    };
    this.readers.add(reader);
    response.once('close', reader.leave);
    response.on('error', () => undefined);
    response.write(RETRY);
    ends.push(every(this.heartbeatMs, () => void this.beat(reader)));
    const running = this.runner.find(job.id);
    if (running) ends.push(running.onStep((now) => this.tell(reader, now)));
    else ends.push(every(LOOK_MS, () => void this.look(reader, job.id)));
    this.tell(reader, job);
  }

  private async look(reader: Reader, id: number): Promise<void> {
    // A database that is away ends no stream; nor can a job that was removed be told of.
    const job = await this.imports.find(reader.account, String(id)).catch(() => null);
    if (job) this.tell(reader, job);
  }

  private tell(reader: Reader, job: ImportJob): void {
    if (!this.readers.has(reader)) return;
    if (isOver(job)) {
      reader.leave();
      void this.conclude(reader, job);
      return;
    }
    const data = JSON.stringify(mapImport({ job, hasPasswords: false }));
    if (data === reader.told) return;
    reader.told = data;
    reader.response.write(`event: progress\ndata: ${data}\n\n`);
  }

  /** One that cannot be told comes again. */
  private async conclude({ response }: Reader, job: ImportJob): Promise<void> {
    try {
      response.end(
        `event: done\ndata: ${JSON.stringify(mapImport(await this.imports.withPasswords(job)))}\n\n`,
      );
    } catch {
      response.destroy();
    }
  }

  /** One that has not taken what was written until now is not waited for; nor told more, if it may not be. */
  private async beat({ account, response, leave }: Reader): Promise<void> {
    if (response.writableNeedDrain) return void response.destroy();
    response.write(HEARTBEAT);
    // A database that is away ends no stream.
    if (await this.holders.isGood(account).catch(() => true)) return;
    leave();
    response.end();
  }
}

function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  return () => clearInterval(timer);
}
