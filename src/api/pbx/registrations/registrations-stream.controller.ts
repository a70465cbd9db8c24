import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type AuthContext } from '../../../accounts/auth-context';
import { CurrentAuth } from '../../edge/authentication/current-auth';
import { bearerOf } from '../../edge/authentication/api-authentication';
import { RequirePermission } from '../../edge/authentication/require-permission';
import { ApiErrors, ErrorBody } from '../../edge/api-errors';
import {
  PBX_STREAM,
  StreamChange,
  StreamRegistrationsQuery,
  StreamRemoved,
  StreamSnapshot,
} from './registration-stream.dto';
import { StreamHub } from '../../../nodes/registrations/stream/stream-hub.service';
import { NodesDto } from './node-states.dto';

const HEAD = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // nginx hands each frame on as it comes.
  'X-Accel-Buffering': 'no',
};

const FRAMES = [
  'Each event has an `id`, and JSON as its `data`:',
  '`snapshot` (StreamSnapshot), first: all extensions;',
  '`change` (StreamChange): the new state of an extension;',
  '`removed` (StreamRemoved): it was deleted;',
  '`nodes` (NodesDto): the state of a node changed.',
  'A comment is sent every 15 s. An extension that changes again within REGISTRATION_DAMPING_MS is sent once',
  'at its end, if its state then differs from what was sent. With a Last-Event-ID that is still known,',
  'what was missed is sent instead of the snapshot.',
  'A reader that is too slow is disconnected; so is one whose token is no longer valid.',
].join(' ');

const FRAME = [
  'id: 1f3a-42',
  'event: change',
  'data: {"extension_number":"1001","status":"registered","since":"2026-04-06T12:19:13+00:00",' +
    '"previous_status":"unregistered","at":"2026-04-06T12:19:15+00:00"}',
  '',
  '',
].join('\n');

@ApiTags('Registrations')
@Controller('api/pbx/registrations/stream')
export class RegistrationsStreamController {
  constructor(private readonly streams: StreamHub) {}

  @RequirePermission('extensions.read')
  @Get()
  @ApiOperation({
    operationId: 'streamRegistrations',
    summary: 'Stream which extensions are online, and every change, as server-sent events',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'The id of the last event received.' })
  @ApiExtraModels(StreamSnapshot, StreamChange, StreamRemoved, NodesDto)
  @ApiOkResponse({
    description: FRAMES,
    content: { 'text/event-stream': { schema: { type: 'string', example: FRAME } } },
  })
  @ApiErrors(401, 403, 422)
  @ApiResponse({ status: 503, description: 'Too many readers. See Retry-After.', type: ErrorBody })
  async stream(
    @CurrentAuth() account: AuthContext,
    @Query() query: StreamRegistrationsQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (request.method === 'HEAD') return void reply.headers(HEAD).send();
    const lastEventId = request.headers['last-event-id'];
    const asked = {
      account,
      format: PBX_STREAM,
      bearer: bearerOf(request) ?? '',
      devices: query.devices === 'true',
      lastEventId: typeof lastEventId === 'string' ? lastEventId : null,
    };
    await this.streams.open(asked, reply.raw, () => {
      reply.hijack();
      const headers = reply.headers(HEAD).getHeaders() as Record<string, string>;
      reply.raw.writeHead(200, { ...headers, Connection: 'close' });
    });
  }
}
