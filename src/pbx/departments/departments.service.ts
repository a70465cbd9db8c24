import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type Actor } from '../../core/actor';
import { AuditService } from '../../events/audit/audit.service';
import { changesBetween, type Fields } from '../../events/audit/changes';
import { type AuthContext } from '../../accounts/auth-context';
import { counted } from '../../core/counted';
import { Conflict, NotFound } from '../../core/errors';
import { requireMatch } from '../../core/etag';
import { type RowRange } from '../../core/page';
import { type Patch } from '../../core/patch';
import { likePattern } from '../../platform/database/like-pattern';
import { now } from '../../core/time';
import { searchable } from '../../platform/database/search-collation';
import { rejectDuplicate } from '../../platform/database/unique-violation';
import { Transactions } from '../../platform/database/transactions';
import { Team } from '../../schema/team.entity';
import { lockTenant } from '../../accounts/tenants/tenants.service';
import { Department } from '../../schema/department.entity';

/** A department, and how many teams it has. */
export interface KnownDepartment {
  department: Department;
  teams: number;
}

export interface NewDepartment {
  name: string;
}

/** Which departments are listed. */
export interface DepartmentFilter {
  /** Part of the name. */
  search?: string | null;
}

/** Groups of teams; FreeSWITCH knows nothing of them. */
@Injectable()
export class DepartmentsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly audit: AuditService,
  ) {}

  /** By name, and how many there are. */
  async list(
    tenantId: number,
    { search }: DepartmentFilter,
    { skip, take }: RowRange,
  ): Promise<[KnownDepartment[], number]> {
    const name = searchable(this.dataSource, 'd.name');
    const found = this.dataSource.createQueryBuilder(Department, 'd').where({ tenantId });
    if (search) found.andWhere(`${name} LIKE :pattern ESCAPE '!'`, { pattern: likePattern(search) });
    const [departments, total] = await found
      .orderBy(name)
      .addOrderBy('d.id')
      .skip(skip)
      .take(take)
      .getManyAndCount();
    return [await withTeams(this.dataSource.manager, departments), total];
  }

  /** @throws NotFound */
  async detail(tenantId: number, id: number): Promise<KnownDepartment> {
    return findDepartment(this.dataSource.manager, tenantId, id);
  }

  /** @throws FieldInvalid for a name that is taken */
  create(tenantId: number, { name }: NewDepartment, actor: Actor): Promise<KnownDepartment> {
    const row = { tenantId, name, createdAt: now(), updatedAt: now() };
    return rejectDuplicate('name', () =>
      this.transactions.run(async (manager) => {
        await lockTenant(manager, tenantId);
        const department = await manager.save(Department, manager.create(Department, row));
        await this.record(manager, 'created', department, [null, departmentFields(department)], actor);
        return { department, teams: 0 };
      }),
    );
  }

  /**
   * @param ifMatch the If-Match header
   * @throws NotFound, FieldInvalid, PreconditionFailed
   */
  update(
    { tenantId, actor }: AuthContext,
    id: number,
    given: Patch<NewDepartment>,
    ifMatch?: string,
  ): Promise<KnownDepartment> {
    return rejectDuplicate('name', () =>
      this.transactions.run(async (manager) => {
        await lockTenant(manager, tenantId);
        const known = await findDepartment(manager, tenantId, id);
        const { department } = known;
        const before = departmentFields(department);
        requireMatch(ifMatch, before);
        if (given.name === undefined || given.name === department.name) return known;
        department.name = given.name;
        department.updatedAt = now();
        await manager.save(department);
        await this.record(manager, 'updated', department, [before, departmentFields(department)], actor);
        return known;
      }),
    );
  }

  /** @throws NotFound, PreconditionFailed; Conflict while it has teams */
  async delete({ tenantId, actor }: AuthContext, id: number, ifMatch?: string): Promise<void> {
    await this.transactions.run(async (manager) => {
      await lockTenant(manager, tenantId);
      const { department, teams } = await findDepartment(manager, tenantId, id);
      const before = departmentFields(department);
      requireMatch(ifMatch, before);
      if (teams > 0) throw new Conflict(`The department has ${counted(teams, 'team')}.`);
      await manager.delete(Department, { id });
      await this.record(manager, 'deleted', department, [before, null], actor);
    });
  }

  private async record(
    manager: EntityManager,
    action: string,
    { tenantId, name: resource }: Department,
    [before, after]: [Fields | null, Fields | null],
    actor: Actor,
  ): Promise<void> {
    const changes = changesBetween(before, after);
    await this.audit.record(manager, tenantId, actor, [
      { action, resourceType: 'department', resource, changes },
    ]);
  }
}

/** All of a department that can be changed: for the audit, and for its ETag. */
export function departmentFields({ name }: Department): Fields {
  return { name };
}

/** @throws NotFound */
async function findDepartment(
  manager: EntityManager,
  tenantId: number,
  id: number,
): Promise<KnownDepartment> {
  const department = await manager.findOneBy(Department, { id, tenantId });
  const [known] = department ? await withTeams(manager, [department]) : [];
  if (!known) throw new NotFound();
  return known;
}

async function withTeams(manager: EntityManager, departments: Department[]): Promise<KnownDepartment[]> {
  if (departments.length === 0) return [];
  const rows = await manager
    .createQueryBuilder(Team, 't')
    .select('t.department_id', 'id')
    .addSelect('COUNT(*)', 'n')
    .where('t.department_id IN (:...ids)', { ids: departments.map(({ id }) => id) })
    .groupBy('t.department_id')
    .getRawMany<{ id: number; n: number | string }>();
  const counts = new Map(rows.map(({ id, n }) => [id, Number(n)]));
  return departments.map((department) => ({ department, teams: counts.get(department.id) ?? 0 }));
}
