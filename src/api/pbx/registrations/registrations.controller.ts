import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { type AuthContext } from '../../../accounts/auth-context';
import { CurrentAuth } from '../../edge/authentication/current-auth';
import { RequirePermission } from '../../edge/authentication/require-permission';
import { ApiErrors } from '../../edge/api-errors';
import { page, rowsOf } from '../../edge/page';
import { findExtension } from '../../../accounts/scope/extension-queries';
import { previousPassword } from '../../../nodes/registrations/state/previous-password';
import {
  namesOf,
  type RegistrationFilter,
  registrationNumbers,
} from '../../../nodes/registrations/state/registration-queries';
import {
  ListRegistrationsQuery,
  mapReach,
  mapRegistration,
  RegistrationAnswer,
  RegistrationPage,
  type RegistrationRowDto,
  timeOrNull,
} from './registrations.dto';
import { RegistrationsService } from '../../../nodes/registrations/state/registrations.service';

@ApiTags('Registrations')
@Controller('api/pbx')
export class RegistrationsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly registrations: RegistrationsService,
  ) {}

  @RequirePermission('extensions.read')
  @Get('registrations')
  @ApiOperation({ summary: 'List which extensions are online, the whole account in one call' })
  @ApiOkResponse({ type: RegistrationPage })
  @ApiErrors(401, 403, 422)
  async list(
    @CurrentAuth() account: AuthContext,
    @Query() query: ListRegistrationsQuery,
  ): Promise<RegistrationPage> {
    const { domain } = account;
    const stateOf = this.registrations.statesIn(domain);
    const all = await registrationNumbers(this.dataSource, account, filterOf(query));
    const wanted = query.status ? all.filter((number) => stateOf(number) === query.status) : all;
    const { skip, take } = rowsOf(query);
    const numbers = wanted.slice(skip, skip + take);
    const names = await namesOf(this.dataSource, account, numbers);
    const rows = numbers.map((number): RegistrationRowDto => {
      const status = stateOf(number);
      return {
        extension_number: number,
        display_name: names.get(number)?.displayName ?? null,
        team_id: names.get(number)?.teamId ?? null,
        status,
        since: timeOrNull(this.registrations.sinceOf(number, domain, status)),
        ...mapReach(this.registrations.reachOf(number, domain)),
      };
    });
    return page(query, rows, wanted.length);
  }

  @RequirePermission('extensions.read')
  @Get('extensions/:ext/registration')
  @ApiOperation({ summary: "Get an extension's registration status, its devices and the evidence" })
  @ApiParam({ name: 'ext', description: 'The extension number.', example: '1001' })
  @ApiOkResponse({ type: RegistrationAnswer })
  @ApiErrors(401, 403, 404)
  async one(@CurrentAuth() account: AuthContext, @Param('ext') number: string): Promise<RegistrationAnswer> {
    const { manager } = this.dataSource;
    const extension = await findExtension(manager, account, number);
    const view = this.registrations.view(number, account.domain);
    return { data: mapRegistration(number, view, await previousPassword(manager, extension)) };
  }
}

function filterOf({ search, team_id: teamId }: ListRegistrationsQuery): RegistrationFilter {
  return { search: search ?? null, teamId: teamId === undefined ? null : Number(teamId) };
}
