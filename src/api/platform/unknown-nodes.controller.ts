import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { RequirePermission } from '../edge/authentication/require-permission';
import { ApiErrors } from '../edge/api-errors';
import { page, pageOf, PageQuery } from '../edge/page';
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
    summary: 'List FreeSWITCHes that asked for users in the last 24 hours and are none of the nodes',
    description:
      'They are told of no change, and keep phones that must go. Add them, or have them ask no more.',
  })
  @ApiOkResponse({ type: UnknownNodePage })
  @ApiErrors(401, 403, 422)
  async list(@Query() query: PageQuery): Promise<UnknownNodePage> {
    const found = await unknownNodes(this.dataSource.manager);
    const { skip, perPage } = pageOf(query);
    return page(query, found.slice(skip, skip + perPage).map(mapUnknownNode), found.length);
  }
}
