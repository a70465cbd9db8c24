import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type AuthContext } from '../../accounts/auth-context';
import { CurrentAuth } from '../edge/authentication/current-auth';
import { RequirePermission } from '../edge/authentication/require-permission';
import { ApiErrors } from '../edge/api-errors';
import { InvalidData } from '../../core/errors';
import { page, PageQuery, rowsOf } from '../edge/page';
import { DeletedAnswer } from '../edge/deleted.dto';
import { type NodeAddress, parseNodeUrl } from '../../freeswitch/node-address';
import { NodePool } from '../../freeswitch/node-pool';
import { type FreeswitchNode } from '../../schema/node.entity';
import { AddNodeDto, mapNodeRow, NodeAnswer, type NodeDto, NodePage, UpdateNodeDto } from './nodes.dto';
import { NodesWatcher } from '../../nodes/registry/nodes-watcher';
import { NodesService } from '../../nodes/registry/nodes.service';

const NAME = { name: 'name', description: "The node's name.", example: 'fs1' };

@ApiTags('Platform')
@Controller('api/platform/nodes')
export class NodesController {
  constructor(
    private readonly nodes: NodesService,
    private readonly watcher: NodesWatcher,
    private readonly pool: NodePool,
  ) {}

  @RequirePermission('platform')
  @Get()
  @ApiOperation({ operationId: 'listNodes', summary: 'List FreeSWITCH nodes' })
  @ApiOkResponse({ type: NodePage })
  @ApiErrors(401, 403, 422)
  async list(@Query() query: PageQuery): Promise<NodePage> {
    const nodes = await this.nodes.list();
    const { skip, take } = rowsOf(query);
    const shown = nodes.slice(skip, skip + take).map((node) => this.shown(node));
    return page(query, shown, nodes.length);
  }

  @RequirePermission('platform')
  @Post()
  @ApiOperation({
    operationId: 'addNode',
    summary: 'Add a FreeSWITCH node',
    description:
      'Every instance follows it within seconds. Registrations of users who may not have a phone are removed from it.',
  })
  @ApiCreatedResponse({ type: NodeAnswer })
  @ApiErrors(400, 401, 403, 413, 422)
  async add(@CurrentAuth() { actor }: AuthContext, @Body() given: AddNodeDto): Promise<NodeAnswer> {
    const node = await this.nodes.add(addressIn(given), actor);
    await this.watcher.refresh();
    return { data: this.shown(node) };
  }

  @RequirePermission('platform')
  @Get(':name')
  @ApiOperation({ operationId: 'getNode', summary: 'Get a FreeSWITCH node' })
  @ApiParam(NAME)
  @ApiOkResponse({ type: NodeAnswer })
  @ApiErrors(401, 403, 404)
  async detail(@Param('name') name: string): Promise<NodeAnswer> {
    return { data: this.shown(await this.nodes.detail(name)) };
  }

  @RequirePermission('platform')
  @Put(':name')
  @ApiOperation({
    operationId: 'updateNode',
    summary: 'Drain a FreeSWITCH node, or make it active again',
    description: 'A draining node is followed and receives changes like any other.',
  })
  @ApiParam(NAME)
  @ApiOkResponse({ type: NodeAnswer })
  @ApiErrors(400, 401, 403, 404, 413, 422)
  async update(
    @CurrentAuth() { actor }: AuthContext,
    @Param('name') name: string,
    @Body() { status }: UpdateNodeDto,
  ): Promise<NodeAnswer> {
    return { data: this.shown(await this.nodes.setStatus(name, status, actor)) };
  }

  @RequirePermission('platform')
  @Delete(':name')
  @ApiOperation({
    operationId: 'removeNode',
    summary: 'Remove a FreeSWITCH node',
    description:
      'It is no longer followed and receives no more changes; its open work is `removed` in receipts.',
  })
  @ApiParam(NAME)
  @ApiOkResponse({ type: DeletedAnswer })
  @ApiErrors(401, 403, 404)
  async remove(@CurrentAuth() { actor }: AuthContext, @Param('name') name: string): Promise<DeletedAnswer> {
    await this.nodes.remove(name, actor);
    await this.watcher.refresh();
    return { data: { deleted: true } };
  }

  private shown(node: FreeswitchNode): NodeDto {
    const session = this.pool.nodes.find(({ name }) => name === node.name);
    return mapNodeRow(node, session?.snapshot() ?? null);
  }
}

/** @throws InvalidData */
function addressIn({ name, url }: AddNodeDto): NodeAddress {
  try {
    return parseNodeUrl(name, url);
  } catch (error) {
    throw InvalidData.field('url', (error as Error).message);
  }
}
