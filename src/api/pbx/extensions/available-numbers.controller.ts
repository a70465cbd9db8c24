import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { type AuthContext } from '../../../accounts/auth-context';
import { CurrentAuth } from '../../edge/authentication/current-auth';
import { RequirePermission } from '../../edge/authentication/require-permission';
import { ApiErrors } from '../../edge/api-errors';
import { emergencyNumbersOf } from '../../../core/emergency-numbers';
import { Tenant } from '../../../schema/tenant.entity';
import { AvailableNumbersAnswer, AvailableNumbersQuery, rangeOf } from './available-numbers.dto';
import { takenNumbers } from '../../../accounts/scope/extension-queries';
import { freeNumbers } from '../../../core/free-numbers';

const COUNT = 20;

@ApiTags('Extensions')
@Controller('api/pbx/extensions')
export class AvailableNumbersController {
  constructor(private readonly dataSource: DataSource) {}

  @RequirePermission('extensions.manage')
  @Get('available')
  @ApiOperation({ summary: 'List the lowest free numbers of a range' })
  @ApiOkResponse({ type: AvailableNumbersAnswer })
  @ApiErrors(401, 403, 422)
  async available(
    @CurrentAuth() { tenantId }: AuthContext,
    @Query() query: AvailableNumbersQuery,
  ): Promise<AvailableNumbersAnswer> {
    const range = rangeOf(query);
    const { manager } = this.dataSource;
    const count = Number(query.count ?? COUNT);
    const tenant = await manager.findOneByOrFail(Tenant, { id: tenantId });
    const taken = (from: string): Promise<string[]> => takenNumbers(manager, tenantId, { ...range, from });
    return { data: await freeNumbers(range, count, taken, emergencyNumbersOf(tenant)) };
  }
}
