import { type Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { type Logger } from 'pino';
import { DatabaseAway, isUnavailable } from '../../platform/database/unavailable';
import { type Xml } from '../../freeswitch/xml';
import { Metrics } from '../../platform/metrics';
import { NodeAskers } from '../registry/node-askers';
import { DirectoryService } from './directory.service';
import { type LookupForm } from './lookup-form';
import { LookupLog, type LookupResult } from './lookup-log';
import { readLookup } from './lookup-request';
import { LookupsInFlight } from './lookups-in-flight';

/** In trouble every lookup has the same to report; it is reported as often as this. */
const REPORT_EVERY_MS = 1_000;

/** Who sends a lookup. */
export interface LookupSender {
  socket: Socket;
  /** Calls once the answer has been handed to the system. */
  whenSent: (hear: () => void) => unknown;
  /** As the log of lookups shows it. */
  ip: string;
  /** The same, an IPv4 address always written as one. */
  address: string;
  /** The request's logger. */
  log: () => Pick<Logger, 'warn' | 'error'>;
}

/** A body for FreeSWITCH; null: a 503, so that it logs an error rather than learn a lie. */
export type LookupBody = Xml | null;

export const LOOKUP_CONTENT_TYPE = 'text/xml; charset=utf-8';

const UNANSWERED = { xml: null, result: 'error' } as const;

/** Answers lookups, and counts and reports them. */
@Injectable()
export class Lookups {
  private quietUntil = 0;
  private unreported = 0;

  constructor(
    private readonly directory: DirectoryService,
    private readonly inFlight: LookupsInFlight,
    private readonly metrics: Metrics,
    private readonly lookupLog: LookupLog,
    private readonly askers: NodeAskers,
  ) {}

  /** The user, the group or "not found"; null when the database does not say. */
  async answer(form: LookupForm, sender: LookupSender): Promise<LookupBody> {
    const started = performance.now();
    const lookup = readLookup(form);
    if (lookup.kind === 'user') this.follow(`${lookup.number}@${lookup.domain}`, sender);
    let answer: { xml: LookupBody; result: LookupResult; because?: unknown } = UNANSWERED;
    try {
      answer = await this.directory.answer(lookup);
      if (answer.because !== undefined) this.report(answer.because, sender);
    } catch (error) {
      this.report(error, sender);
    }
    const { xml, result } = answer;
    this.metrics.lookupLatency.observe((performance.now() - started) / 1_000);
    this.metrics.lookups.inc({ result });
    this.askers.asked(form, sender.address);
    if (lookup.kind !== 'mailbox') {
      const user = lookup.kind === 'user' ? { ...form, domain: lookup.domain } : form;
      this.lookupLog.answered(user, result, sender.ip);
    }
    return xml;
  }

  private follow(user: string, { socket, whenSent }: LookupSender): void {
    this.inFlight.begin(user, socket);
    whenSent(() => this.inFlight.answered(socket));
  }

  private report(error: unknown, sender: LookupSender): void {
    // That the database is away is reported once, where it is noticed.
    if (error instanceof DatabaseAway) return;
    const now = Date.now();
    if (now < this.quietUntil) {
      this.unreported += 1;
      return;
    }
    this.quietUntil = now + REPORT_EVERY_MS;
    const fields = { event: 'directory.lookup_failed', err: error, untold: this.unreported };
    this.unreported = 0;
    if (isUnavailable(error)) sender.log().warn(fields, 'the database did not answer a directory lookup');
    else sender.log().error(fields, 'directory lookup failed');
  }
}
