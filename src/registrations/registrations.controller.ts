import { Controller, Get, Param, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Account, type AccountOf } from '../auth/account';
import { BearerGuard } from '../auth/bearer.guard';
import { ApiErrors } from '../common/api-errors';
import { page, pageOf } from '../common/page';
import { isoTime } from '../common/time';
import { findExtension } from '../extensions/extension-queries';
import { previousPassword } from './previous-password';
import { namesOf, numbersOf } from './registration-queries';
import {
  ListRegistrationsQuery,
  mapRegistration,
  RegistrationAnswer,
  RegistrationPage,
  type RegistrationRowDto,
} from './registrations.dto';
import { RegistrationsService } from './registrations.service';

@ApiTags('Registrations')
@ApiBearerAuth()
@Controller('api/pbx')
@UseGuards(BearerGuard)
export class RegistrationsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly registrations: RegistrationsService,
  ) {}

  @Get('registrations')
  @ApiOperation({ summary: 'Which extensions are online, the whole account in one call' })
  @ApiOkResponse({ type: RegistrationPage })
  @ApiErrors(401, 403, 422)
  async list(
    @Account() { tenantId, domain }: AccountOf,
    @Query() query: ListRegistrationsQuery,
  ): Promise<RegistrationPage> {
    const stateOf = this.registrations.statesIn(domain);
    const all = await numbersOf(this.dataSource, tenantId, query);
    const wanted = query.status ? all.filter((number) => stateOf(number) === query.status) : all;
    const { skip, perPage } = pageOf(query);
    const numbers = wanted.slice(skip, skip + perPage);
    const names = await namesOf(this.dataSource, tenantId, numbers);
    const rows = numbers.map((number): RegistrationRowDto => {
      const status = stateOf(number);
      const since = this.registrations.sinceOf(number, domain, status);
      return {
        extension_number: number,
        display_name: names.get(number)?.displayName ?? null,
        team_id: names.get(number)?.teamId ?? null,
        status,
        since: since === null ? null : isoTime(new Date(since)),
      };
    });
    return page(query, rows, wanted.length);
  }

  @Get('extensions/:ext/registration')
  @ApiOperation({ summary: "An extension's phones, and how that is known" })
  @ApiParam({ name: 'ext', description: 'The extension number.', example: '1001' })
  @ApiOkResponse({ type: RegistrationAnswer })
  @ApiErrors(401, 403, 404)
  async one(
    @Account() { tenantId, domain }: AccountOf,
    @Param('ext') number: string,
  ): Promise<RegistrationAnswer> {
    const { manager } = this.dataSource;
    const extension = await findExtension(manager, tenantId, number);
    const view = this.registrations.view(number, domain);
    return { data: mapRegistration(number, view, await previousPassword(manager, extension)) };
  }
}
