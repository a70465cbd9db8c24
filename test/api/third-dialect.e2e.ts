import { Body, Controller, Get, Module, Param, Post, Query } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { type AuthContext } from '../../src/accounts/auth-context';
import { CurrentAuth } from '../../src/api/edge/authentication/current-auth';
import { RequirePermission } from '../../src/api/edge/authentication/require-permission';
import { answerErrorsBelow, type ErrorAnswer } from '../../src/api/edge/error-dialects';
import { Field } from '../../src/api/edge/field';
import { type ApiError, FieldInvalid, InvalidData } from '../../src/core/errors';
import { idOf } from '../../src/core/id';
import { integerText, reference, text } from '../../src/core/rules';
import { type KnownTeam, type NewTeam, TeamsService } from '../../src/pbx/teams/teams.service';
import { TeamsModule } from '../../src/pbx/teams/teams.module';
import { type Answer, Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';

/** A dialect of its own for teams, which calls them squads: other paths, names, pages and errors. */
const PREFIX = '/api/third';
const NAMES: Record<string, string> = { name: 'title', departmentId: 'division' };

answerErrorsBelow(PREFIX, (error: ApiError): ErrorAnswer => {
  const body = { ok: false, error: error.code };
  if (error instanceof InvalidData)
    return { status: 400, body: { ...body, fields: Object.keys(error.errors) } };
  if (!(error instanceof FieldInvalid)) return { status: error.status, body };
  const faults = error.faults.map(({ field, code }) => ({ field: NAMES[field] ?? field, reason: code }));
  return { status: 400, body: { ...body, faults } };
});

class SquadDto {
  @ApiProperty()
  @Field('required', text({ min: 1, max: 20 }))
  title!: string;

  @ApiProperty()
  @Field('nullable', reference)
  division?: number | null;
}

class SquadsQuery {
  @ApiProperty()
  @Field('optional', integerText({ min: 0, max: 1_000 }))
  offset?: string;

  @ApiProperty()
  @Field('optional', integerText({ min: 1, max: 100 }))
  count?: string;
}

const newTeam = ({ title, division }: SquadDto): NewTeam => ({ name: title, departmentId: division ?? null });
const squad = ({ team: { id, name, departmentId }, extensions }: KnownTeam): object => ({
  ...{ squadId: id, title: name, division: departmentId, members: extensions },
});

@Controller('api/third/squads')
class SquadsController {
  constructor(private readonly teams: TeamsService) {}

  @RequirePermission('numbers.manage')
  @Post()
  async create(@CurrentAuth() { tenantId, actor }: AuthContext, @Body() given: SquadDto): Promise<object> {
    return { ok: true, squad: squad(await this.teams.create(tenantId, newTeam(given), actor)) };
  }

  @RequirePermission('numbers.read')
  @Get()
  async list(@CurrentAuth() account: AuthContext, @Query() query: SquadsQuery): Promise<object> {
    const { offset = '0', count = '100' } = query;
    const [skip, take] = [Number(offset), Number(count)];
    const [teams, total] = await this.teams.list(account, {}, { skip, take });
    return { squads: teams.map(squad), left: total - skip - teams.length };
  }

  @RequirePermission('numbers.read')
  @Get(':id')
  async one(@CurrentAuth() account: AuthContext, @Param('id') id: string): Promise<object> {
    return squad(await this.teams.detail(account, idOf(id)));
  }
}

@Module({ imports: [TeamsModule], controllers: [SquadsController] })
class ThirdDialectModule {}

describeOnEach('a third dialect beside the others', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane, {}, undefined, [ThirdDialectModule]);
  });
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });
  afterAll(() => dialplane.stop());

  const request = (method: string, path: string, body?: unknown, token = tenant.token) =>
    dialplane.request<Record<string, unknown>>(method, `/api${path}`, {
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const told = ({ status, body }: Answer<unknown>): [number, unknown] => [status, body];

  it('creates what the other one shows, each in its own words', async () => {
    const { body } = await request('POST', '/pbx/departments', { name: 'Revenue' });
    const { id: division } = body.data as { id: number };
    const created = await request('POST', '/third/squads', { title: 'Sales', division });
    const { squadId } = created.body.squad as { squadId: number };
    expect(told(created)).toEqual([
      201,
      { ok: true, squad: { squadId, title: 'Sales', division, members: 0 } },
    ]);
    const shown = await request('GET', `/pbx/teams/${squadId}`);
    expect(shown.body.data).toMatchObject({ id: squadId, name: 'Sales', department_id: division });
  });

  it('lists with pages of its own', async () => {
    for (const name of ['A', 'B', 'C']) await request('POST', '/pbx/teams', { name });
    const squads = (await request('GET', '/third/squads?offset=1&count=1')).body;
    expect(squads).toMatchObject({ squads: [{ title: 'B' }], left: 1 });
    const teams = (await request('GET', '/pbx/teams?page=2&per_page=1')).body;
    expect(teams).toMatchObject({ current_page: 2, last_page: 3, data: [{ name: 'B' }], total: 3 });
  });

  it('answers errors of the service in its own form', async () => {
    await request('POST', '/pbx/teams', { name: 'Sales' });
    const refused = { ok: false, error: 'invalid_data' };
    expect(told(await request('POST', '/third/squads', { title: 'Sales' }))).toEqual([
      400,
      { ...refused, faults: [{ field: 'title', reason: 'taken' }] },
    ]);
    expect(told(await request('POST', '/pbx/teams', { name: 'Sales' }))).toEqual([
      422,
      { message: 'The given data was invalid.', errors: { name: ['The name has already been taken.'] } },
    ]);
    expect(told(await request('POST', '/third/squads', { title: 'Other', division: 999 }))).toEqual([
      400,
      { ...refused, faults: [{ field: 'division', reason: 'not_found' }] },
    ]);
    expect(told(await request('POST', '/pbx/teams', { name: 'Other', department_id: 999 }))).toEqual([
      422,
      {
        message: 'The given data was invalid.',
        errors: { department_id: ['The selected department id is invalid.'] },
      },
    ]);
  });

  it('answers what the edge finds in its own form too', async () => {
    expect(told(await request('POST', '/third/squads', { title: '' }))).toEqual([
      400,
      { ok: false, error: 'invalid_data', fields: ['title'] },
    ]);
    const same = async (method: string, path: string, token: string, code: string): Promise<void> => {
      const [third, pbx] = [`/third${path.replace('teams', 'squads')}`, `/pbx${path}`];
      const answer = await request(method, third, undefined, token);
      expect(answer.body).toEqual({ ok: false, error: code });
      const other = await request(method, pbx, undefined, token);
      expect(other.status).toBe(answer.status);
      expect(Object.keys(other.body)).toEqual(['message']);
    };
    await same('GET', '/teams', 'nothing', 'unauthenticated');
    await same('GET', '/teams/999', tenant.token, 'not_found');
    await same('GET', '/nowhere', tenant.token, 'not_found');
    await same('POST', '/teams', await dialplane.token(tenant.tenant, 'read_only'), 'unauthorized');
  });
});
