import { CallerId, type CallerIdStatus } from '../../src/caller-ids/caller-id.entity';
import { CallerIdsService } from '../../src/caller-ids/caller-ids.service';
import { Department } from '../../src/teams/department.entity';
import { Team } from '../../src/teams/team.entity';
import { type Dialplane, type TestTenant } from './dialplane';

/** A team, and the department it belongs to, for which there is no endpoint yet. */
export async function addTeam(
  { dataSource }: Dialplane,
  { tenant }: TestTenant,
  name: string,
  { department }: { department?: string } = {},
): Promise<Team> {
  const tenantId = tenant.id;
  const of =
    department === undefined
      ? null
      : await dataSource.manager.save(Department, { tenantId, name: department });
  return dataSource.manager.save(Team, { tenantId, name, departmentId: of?.id ?? null });
}

export async function addCallerId(
  dialplane: Dialplane,
  { tenant }: TestTenant,
  number: string,
  status: CallerIdStatus = 'active',
): Promise<CallerId> {
  const given = { number, displayName: 'Sales', carrier: 'mobifone', cliType: 'mobile' } as const;
  const callerId = await dialplane.get(CallerIdsService).create(tenant, given);
  return dialplane.dataSource.manager.save(CallerId, { ...callerId, status });
}
