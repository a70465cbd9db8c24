import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Account, type AccountOf } from '../auth/account';
import { BearerGuard } from '../auth/bearer.guard';
import { ApiErrors } from '../common/api-errors';
import { ListQuery, page } from '../common/page';
import { CallerIdPage, mapCallerId } from './caller-ids.dto';
import { CallerIdsService } from './caller-ids.service';

@ApiTags('Caller IDs')
@ApiBearerAuth()
@Controller('api/pbx/caller-ids')
@UseGuards(BearerGuard)
export class CallerIdsController {
  constructor(private readonly callerIds: CallerIdsService) {}

  @Get()
  @ApiOperation({ summary: 'List the active caller IDs' })
  @ApiOkResponse({ type: CallerIdPage })
  @ApiErrors(401, 403, 422)
  async list(@Account() account: AccountOf, @Query() query: ListQuery): Promise<CallerIdPage> {
    const [callerIds, total] = await this.callerIds.listActive(account.tenantId, query);
    return page(query, callerIds.map(mapCallerId), total);
  }
}
