import { Controller, Get, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { Metrics } from '../metrics/metrics';
import { NOT_FOUND, type Xml } from '../freeswitch/xml';
import { DirectoryService } from './directory.service';
import { type LookupRequest, readLookup } from './lookup-request';
import { LookupsInFlight } from './lookups-in-flight';
import { XmlCurlGuard } from './xml-curl.guard';

/** mod_xml_curl's door. */
@ApiExcludeController()
@Controller('freeswitch/directory')
@UseGuards(XmlCurlGuard)
export class DirectoryController {
  constructor(
    private readonly directory: DirectoryService,
    private readonly inFlight: LookupsInFlight,
    private readonly metrics: Metrics,
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
  private async lookup(form: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const done = this.metrics.lookupLatency.startTimer();
    const lookup = readLookup(Object(form) as Record<string, unknown>);
    if (lookup.kind === 'user') this.follow(`${lookup.number}@${lookup.domain}`, request, reply);
    const xml = await this.answer(lookup, request);
    done();
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
  private async answer(lookup: LookupRequest, request: FastifyRequest): Promise<Xml | null> {
    try {
      const xml = await this.directory.answer(lookup);
      this.metrics.lookups.inc({ result: xml === NOT_FOUND ? 'not_found' : 'found' });
      return xml;
    } catch (error) {
      this.metrics.lookups.inc({ result: 'error' });
      request.log.error({ err: error }, 'directory lookup failed');
      return null;
    }
  }
}
