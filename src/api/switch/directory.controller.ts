import { Controller, Get, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { clientAddress } from '../edge/client-address';
import { type LookupForm } from '../../nodes/directory/lookup-form';
import { LOOKUP_CONTENT_TYPE, Lookups } from '../../nodes/directory/lookups';
import { XmlCurlGuard } from './xml-curl.guard';

/** Lookups by GET, and by POST in another shape than FreeSWITCH's own: what LookupDoor leaves to the framework. */
@ApiExcludeController()
@Controller('freeswitch/directory')
@UseGuards(XmlCurlGuard)
export class DirectoryController {
  constructor(private readonly lookups: Lookups) {}

  @Post()
  post(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.lookup(request.body, request, reply);
  }

  @Get()
  get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.lookup(request.query, request, reply);
  }

  private async lookup(sent: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const xml = await this.lookups.answer(Object(sent) as LookupForm, {
      socket: request.raw.socket,
      whenSent: (hear) => reply.raw.once('finish', hear),
      ip: request.ip,
      address: clientAddress(request),
      log: () => request.log,
    });
    await reply
      .status(xml === null ? 503 : 200)
      .header('Content-Type', LOOKUP_CONTENT_TYPE)
      .send(xml ?? '');
  }
}
