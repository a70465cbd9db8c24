import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { RequirePermission } from '../edge/authentication/require-permission';
import { ApiErrors } from '../edge/api-errors';
import { page, PageQuery, rowsOf } from '../edge/page';
import { mapUnknownNode, UnknownNodePage } from './nodes.dto';
import { unknownNodes } from '../../schema/unknown-node.entity';

@ApiTags('Platform')
@Controller('api/platform/unknown-nodes')
export class UnknownNodesController {
  constructor(private readonly dataSource: DataSource) {}

  @RequirePermission('platform')
  @Get()
  @ApiOperation({
    operationId: 'listUnknownNodes',
    summary:
      'List unknown FreeSWITCHes: they asked for users in the last 24 hours and are not among the nodes',
    description: 'They receive no changes, and keep phones that must go. Add them, or stop them from asking.',
  })
  @ApiOkResponse({ type: UnknownNodePage })
  @ApiErrors(401, 403, 422)
  async list(@Query() query: PageQuery): Promise<UnknownNodePage> {
    const found = await unknownNodes(this.dataSource.manager);
    const { skip, take } = rowsOf(query);
    return page(query, found.slice(skip, skip + take).map(mapUnknownNode), found.length);
  }
}
