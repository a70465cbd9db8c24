import { Controller, Get, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { clientAddress } from '../edge/client-address';
import { Metrics } from '../../platform/metrics';
import { DatabaseAway, isUnavailable } from '../../platform/database/unavailable';
import { NodeAskers } from '../../nodes/registry/node-askers';
import { type Xml } from '../../freeswitch/xml';
import { DirectoryService } from '../../nodes/directory/directory.service';
import { LookupLog, type LookupResult } from '../../nodes/directory/lookup-log';
import { type LookupRequest, readLookup } from '../../nodes/directory/lookup-request';
import { LookupsInFlight } from '../../nodes/directory/lookups-in-flight';
import { XmlCurlGuard } from './xml-curl.guard';

/** In trouble every lookup has the same to tell; it is told as often as this. */
const TELL_EVERY_MS = 1_000;

/** mod_xml_curl's door. */
@ApiExcludeController()
@Controller('freeswitch/directory')
@UseGuards(XmlCurlGuard)
export class DirectoryController {
  private quietUntil = 0;
  private untold = 0;

  constructor(
    private readonly directory: DirectoryService,
    private readonly inFlight: LookupsInFlight,
    private readonly metrics: Metrics,
    private readonly log: LookupLog,
    private readonly askers: NodeAskers,
  ) {}

  @Post()
  post(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.lookup(request.body, request, reply);
  }

  @Get()
  get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.lookup(request.query, request, reply);
  }

  /** 200 with the user, the group or "not found"; 503 when the database does not say. */
  private async lookup(sent: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const done = this.metrics.lookupLatency.startTimer();
    const form = Object(sent) as Record<string, unknown>;
    const lookup = readLookup(form);
    if (lookup.kind === 'user') this.follow(`${lookup.number}@${lookup.domain}`, request, reply);
    const { xml, result } = await this.answer(lookup, request);
    done();
    this.metrics.lookups.inc({ result });
    this.askers.asked(form, clientAddress(request));
    if (lookup.kind !== 'mailbox') {
      this.log.answered(
        lookup.kind === 'user' ? { ...form, domain: lookup.domain } : form,
        result,
        request.ip,
      );
    }
    await reply
      .status(xml === null ? 503 : 200)
      .header('Content-Type', 'text/xml; charset=utf-8')
      .send(xml ?? '');
  }

  private follow(user: string, request: FastifyRequest, reply: FastifyReply): void {
    const { socket } = request.raw;
    this.inFlight.begin(user, socket);
    reply.raw.once('finish', () => this.inFlight.answered(socket));
  }

  /** Null: FreeSWITCH gets a 503 and logs an error, rather than learn a lie. */
  private async answer(
    lookup: LookupRequest,
    request: FastifyRequest,
  ): Promise<{ xml: Xml | null; result: LookupResult }> {
    try {
      const answer = await this.directory.answer(lookup);
      if (answer.because !== undefined) this.tell(answer.because, request);
      return answer;
    } catch (error) {
      this.tell(error, request);
      return { xml: null, result: 'error' };
    }
  }

  private tell(error: unknown, { log }: FastifyRequest): void {
    // That the database is away is told once, where it is noticed.
    if (error instanceof DatabaseAway) return;
    const now = Date.now();
    if (now < this.quietUntil) {
      this.untold += 1;
      return;
    }
    this.quietUntil = now + TELL_EVERY_MS;
    const fields = { err: error, untold: this.untold };
    this.untold = 0;
    if (isUnavailable(error)) log.warn(fields, 'the database did not answer a directory lookup');
    else log.error(fields, 'directory lookup failed');
  }
}
