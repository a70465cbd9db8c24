import { SYSTEM } from '../../src/core/actor';
import { chunksOf } from '../../src/core/chunks';
import { CallerId, type CallerIdStatus } from '../../src/schema/caller-id.entity';
import { CallerIdsService } from '../../src/pbx/caller-ids/caller-ids.service';
import { DepartmentsService } from '../../src/pbx/departments/departments.service';
import { Extension } from '../../src/schema/extension.entity';
import { type Team } from '../../src/schema/team.entity';
import { TeamsService } from '../../src/pbx/teams/teams.service';
import { type Dialplane, type TestTenant } from './dialplane';

/** A team, and the department it belongs to. */
export async function addTeam(
  dialplane: Dialplane,
  { tenant }: TestTenant,
  name: string,
  { department }: { department?: string } = {},
): Promise<Team> {
  const departments = dialplane.get(DepartmentsService);
  const of =
    department === undefined ? null : await departments.create(tenant.id, { name: department }, SYSTEM);
  const given = { name, departmentId: of?.department.id ?? null };
  return (await dialplane.get(TeamsService).create(tenant.id, given, SYSTEM)).team;
}

export async function addCallerId(
  dialplane: Dialplane,
  { tenant }: TestTenant,
  number: string,
  status: CallerIdStatus = 'active',
): Promise<CallerId> {
  const given = { number, displayName: 'Sales', carrier: 'mobifone', cliType: 'mobile' } as const;
  const callerId = await dialplane.get(CallerIdsService).create(tenant, given, SYSTEM);
  return dialplane.dataSource.manager.save(CallerId, { ...callerId, status });
}

/** So many extensions at once, from 20000 on, with no password. */
export async function addExtensions(
  dialplane: Dialplane,
  { tenant }: TestTenant,
  count: number,
  fields: Partial<Extension> = {},
): Promise<void> {
  const time = new Date();
  const rows = Array.from({ length: count }, (_, i) => {
    const extensionNumber = String(20_000 + i);
    const numbers = { extensionNumber, liveNumber: extensionNumber };
    return {
      tenantId: tenant.id,
      ...numbers,
      a1: '',
      mailbox: extensionNumber,
      liveSince: time,
      createdAt: time,
      updatedAt: time,
      ...fields,
    };
  });
  const { manager } = dialplane.dataSource;
  // A statement holds so many values at most.
  for (const some of chunksOf(rows, 1_000))
    await manager.createQueryBuilder().insert().into(Extension).values(some).updateEntity(false).execute();
}
