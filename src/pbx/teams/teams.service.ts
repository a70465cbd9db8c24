import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type FindOptionsWhere, In, IsNull, Not } from 'typeorm';
import { type Actor } from '../../core/actor';
import { AuditService, type AuditEvent } from '../../events/audit/audit.service';
import { changesBetween, type Fields } from '../../events/audit/changes';
import { type AuthContext } from '../../accounts/auth-context';
import { counted } from '../../core/counted';
import { Conflict, FieldInvalid, NotFound } from '../../core/errors';
import { requireMatch } from '../../core/etag';
import { type RowRange } from '../../core/page';
import { type Patch } from '../../core/patch';
import { likePattern } from '../../platform/database/like-pattern';
import { now } from '../../core/time';
import { searchable } from '../../platform/database/search-collation';
import { rejectDuplicate } from '../../platform/database/unique-violation';
import { Department } from '../../schema/department.entity';
import { type ScopedCaller } from '../../accounts/scope/extension-scope';
import { Extension } from '../../schema/extension.entity';
import { detachFromDeleted } from '../extensions/detach-from-deleted';
import { UserChangeTransaction } from '../../nodes/revocations/user-change-transaction';
import { type Change } from '../../nodes/revocations/revocation-store';
import { lockTenant } from '../../accounts/tenants/tenants.service';
import { detachTeamFromUsers } from '../../accounts/users/detach-references';
import { Team } from '../../schema/team.entity';

/** A team, and how many live extensions it has. */
export interface KnownTeam {
  team: Team;
  extensions: number;
}

export interface NewTeam {
  name: string;
  departmentId: number | null;
}

/** Which teams are listed. */
export interface TeamFilter {
  /** Part of the name. */
  search?: string | null;
}

/** Groups of extensions, which FreeSWITCH may ring together and supervisors look after. */
@Injectable()
export class TeamsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly users: UserChangeTransaction,
    private readonly audit: AuditService,
  ) {}

  /** Those that the account sees, by name, and how many there are. */
  async list(
    viewer: ScopedCaller,
    { search }: TeamFilter,
    { skip, take }: RowRange,
  ): Promise<[KnownTeam[], number]> {
    const name = searchable(this.dataSource, 't.name');
    const found = this.dataSource.createQueryBuilder(Team, 't').where(seenBy(viewer));
    if (search) found.andWhere(`${name} LIKE :pattern ESCAPE '!'`, { pattern: likePattern(search) });
    const [teams, total] = await found
      .orderBy(name)
      .addOrderBy('t.id')
      .skip(skip)
      .take(take)
      .getManyAndCount();
    return [await withExtensions(this.dataSource.manager, teams), total];
  }

  /** @throws NotFound */
  detail(viewer: ScopedCaller, id: number): Promise<KnownTeam> {
    return findTeam(this.dataSource.manager, viewer, id);
  }

  /** @throws FieldInvalid for a name that is taken, or a department that is not there */
  create(tenantId: number, { name, departmentId }: NewTeam, actor: Actor): Promise<KnownTeam> {
    const row = { tenantId, name, departmentId, createdAt: now(), updatedAt: now() };
    return rejectDuplicate('name', () =>
      this.users.run(async (manager) => {
        await lockTenant(manager, tenantId);
        await requireDepartment(manager, tenantId, departmentId);
        const team = await manager.save(Team, manager.create(Team, row));
        await this.audit.record(manager, tenantId, actor, [deed('created', team, null, teamFields(team))]);
        return { team, extensions: 0 };
      }),
    );
  }

  /**
   * What is remembered of the old name's group, here and in other instances, is forgotten with a change of
   * one of its members, which makes them forget every group of the domain; a group without members is not
   * remembered. FreeSWITCH itself keeps no group.
   * @param ifMatch the If-Match header
   * @throws NotFound, FieldInvalid, PreconditionFailed
   */
  update(account: AuthContext, id: number, given: Patch<NewTeam>, ifMatch?: string): Promise<KnownTeam> {
    const { tenantId, actor } = account;
    return rejectDuplicate('name', () =>
      this.users.run(async (manager, forget) => {
        await lockTenant(manager, tenantId);
        const known = await findTeam(manager, account, id);
        const { team } = known;
        const before = teamFields(team);
        requireMatch(ifMatch, before);
        if (given.name !== undefined) team.name = given.name;
        if (given.departmentId !== undefined) {
          await requireDepartment(manager, tenantId, given.departmentId);
          team.departmentId = given.departmentId;
        }
        const changes = changesBetween(before, teamFields(team));
        if (Object.keys(changes).length === 0) return known;
        team.updatedAt = now();
        await manager.save(team);
        const revocations = await forget('name' in changes ? await oneMember(manager, account, id) : []);
        const own = deed('updated', team, before, teamFields(team));
        await this.audit.record(manager, tenantId, actor, [{ ...own, revocations }]);
        return known;
      }),
    );
  }

  /**
   * Deleted extensions that were in it are in none when they are restored, and supervisors have it no more.
   * Its group is remembered nowhere: when the last member left, it was forgotten.
   * @throws NotFound, PreconditionFailed; Conflict while it has live extensions
   */
  async delete(account: AuthContext, id: number, ifMatch?: string): Promise<void> {
    const { tenantId, actor } = account;
    await this.users.run(async (manager) => {
      await lockTenant(manager, tenantId);
      const { team, extensions } = await findTeam(manager, account, id);
      const before = teamFields(team);
      requireMatch(ifMatch, before);
      if (extensions > 0) throw new Conflict(`The team has ${counted(extensions, 'extension')}.`);
      const taken = [
        ...(await detachFromDeleted(manager, { tenantId, teamId: id }, { teamId: null })),
        ...(await detachTeamFromUsers(manager, id)),
      ];
      await manager.delete(Team, { id });
      await this.audit.record(manager, tenantId, actor, [deed('deleted', team, before, null), ...taken]);
    });
  }
}

function deed(action: string, { name }: Team, before: Fields | null, after: Fields | null): AuditEvent {
  return { action, resourceType: 'team', resource: name, changes: changesBetween(before, after) };
}

/** All of a team that can be changed: for the audit, and for its ETag. */
export function teamFields({ name, departmentId }: Team): Fields {
  return { name, department_id: departmentId };
}

function seenBy({ tenantId, scope }: ScopedCaller): FindOptionsWhere<Team> {
  if (scope.kind === 'all') return { tenantId };
  return { tenantId, id: In(scope.kind === 'teams' ? [...scope.ids] : []) };
}

/** @throws NotFound */
async function findTeam(manager: EntityManager, viewer: ScopedCaller, id: number): Promise<KnownTeam> {
  const mayBe =
    viewer.scope.kind === 'all' || (viewer.scope.kind === 'teams' && viewer.scope.ids.includes(id));
  const team = mayBe ? await manager.findOneBy(Team, { id, tenantId: viewer.tenantId }) : null;
  const [known] = team ? await withExtensions(manager, [team]) : [];
  if (!known) throw new NotFound();
  return known;
}

async function withExtensions(manager: EntityManager, teams: Team[]): Promise<KnownTeam[]> {
  if (teams.length === 0) return [];
  const rows = await manager
    .createQueryBuilder(Extension, 'e')
    .select('e.team_id', 'id')
    .addSelect('COUNT(*)', 'n')
    .where('e.team_id IN (:...ids)', { ids: teams.map(({ id }) => id) })
    .andWhere('e.live_number IS NOT NULL')
    .groupBy('e.team_id')
    .getRawMany<{ id: number; n: number | string }>();
  const counts = new Map(rows.map(({ id, n }) => [id, Number(n)]));
  return teams.map((team) => ({ team, extensions: counts.get(team.id) ?? 0 }));
}

async function oneMember(
  manager: EntityManager,
  { tenantId, domain }: AuthContext,
  teamId: number,
): Promise<Change[]> {
  const member = await manager.findOne(Extension, {
    select: { extensionNumber: true },
    where: { tenantId, teamId, status: 'active', liveNumber: Not(IsNull()) },
    order: { id: 'ASC' },
  });
  if (!member) return [];
  const user = { tenantId, sipUser: member.extensionNumber, sipDomain: domain };
  return [{ ...user, reason: 'changed', dropContacts: false }];
}

async function requireDepartment(manager: EntityManager, tenantId: number, id: number | null): Promise<void> {
  if (id === null || (await manager.existsBy(Department, { id, tenantId }))) return;
  throw new FieldInvalid({ field: 'departmentId', code: 'not_found' });
}
