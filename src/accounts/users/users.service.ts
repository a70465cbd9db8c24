import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In, IsNull, Not } from 'typeorm';
import { type Actor } from '../../core/actor';
import { AuditService, type AuditEvent } from '../../events/audit/audit.service';
import { type Changes, changesBetween } from '../../events/audit/changes';
import { type AuthContext } from '../auth-context';
import { ApiToken } from '../../schema/api-token.entity';
import { revokeTokens } from '../tokens/revoke';
import { Conflict, FieldInvalid, NotFound } from '../../core/errors';
import { requireMatch } from '../../core/etag';
import { type RowRange } from '../../core/page';
import { likePattern } from '../../platform/database/like-pattern';
import { now } from '../../core/time';
import { rejectDuplicate } from '../../platform/database/unique-violation';
import { Transactions } from '../../platform/database/transactions';
import { Extension } from '../../schema/extension.entity';
import { generatePassword } from '../../platform/secrets/password';
import { refuseWeak } from '../../platform/secrets/weak-password';
import { Tenant } from '../../schema/tenant.entity';
import { lockTenant } from '../tenants/tenants.service';
import { lockUser } from './lock-user';
import { Passwords } from './passwords';
import { UserTeam } from '../../schema/user-team.entity';
import { User } from '../../schema/user.entity';
import { type NewUser, type UserFilter, type UserPatch } from './user-input';
import { extensionIdOf, setTeams } from './user-references';
import { usernameOf } from '../../core/username';

/** A user with what is told of it from elsewhere. */
export interface KnownUser {
  user: User;
  teamIds: number[];
  extensionNumber: string | null;
  /** The same, of an extension that was deleted too: restored, it is the user's again. */
  linkedNumber: string | null;
}

/** The people of tenants, and the operators of the platform. */
@Injectable()
export class UsersService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly passwords: Passwords,
    private readonly audit: AuditService,
  ) {}

  /** By username, and how many there are. */
  async list(
    { tenantId }: AuthContext,
    { role, search }: UserFilter,
    { skip, take }: RowRange,
  ): Promise<[KnownUser[], number]> {
    const found = this.dataSource.createQueryBuilder(User, 'u').where({ tenantId });
    if (role) found.andWhere({ role });
    if (search) {
      const pattern = likePattern(search);
      found.andWhere("(u.username LIKE :pattern ESCAPE '!' OR u.email LIKE :pattern ESCAPE '!')", {
        pattern,
      });
    }
    const [users, total] = await found.orderBy('u.username').skip(skip).take(take).getManyAndCount();
    return [await this.known(this.dataSource.manager, users), total];
  }

  /** @throws NotFound */
  async detail({ tenantId }: AuthContext, id: number): Promise<KnownUser> {
    return this.find(this.dataSource.manager, tenantId === 0 ? null : tenantId, id);
  }

  /**
   * @param tenantId null for an operator
   * @returns the user, and the password when it was made here
   * @throws FieldInvalid
   */
  async create(
    tenantId: number | null,
    given: NewUser,
    actor: Actor,
  ): Promise<{ known: KnownUser; password: string | null }> {
    const owner = { tenantId, username: usernameOf(given.username) };
    await refuseWeakOf(this.dataSource.manager, owner, 'password', given.password);
    const password = given.password ?? generatePassword();
    const passwordHash = await this.passwords.hash(password);
    const known = await rejectDuplicate('username', () =>
      this.transactions.run((manager) => this.createIn(manager, tenantId, { ...given, passwordHash }, actor)),
    );
    return { known, password: given.password ? null : password };
  }

  private async createIn(
    manager: EntityManager,
    tenantId: number | null,
    given: NewUser & { passwordHash: string },
    actor: Actor,
  ): Promise<KnownUser> {
    if (tenantId !== null) await lockTenant(manager, tenantId);
    const user = manager.create(User, {
      tenantId,
      username: usernameOf(given.username),
      email: given.email ?? null,
      role: given.role,
      pbx: given.pbx ?? null,
      pbxApiAccess: given.pbxApiAccess ?? true,
      status: 'active',
      passwordHash: given.passwordHash,
      extensionId: await extensionIdOf(manager, tenantId, given.extensionNumber ?? null),
      lastLoginAt: null,
      createdAt: now(),
      updatedAt: now(),
    });
    await manager.save(user);
    await setTeams(manager, user, given.teamIds ?? []);
    const known = await this.find(manager, tenantId, user.id);
    await this.record(manager, 'created', known, changesBetween(null, userFields(known)), actor);
    return known;
  }

  /** @throws NotFound, FieldInvalid, PreconditionFailed; Conflict when no administrator would be left */
  async update(
    { tenantId, actor }: AuthContext,
    id: number,
    given: UserPatch,
    ifMatch?: string,
  ): Promise<KnownUser> {
    const passwordHash = given.password === undefined ? null : await this.passwords.hash(given.password);
    return this.transactions.run(async (manager) => {
      await lockUser(manager, { id, tenantId });
      const known = await this.find(manager, tenantId, id);
      const before = userFields(known);
      requireMatch(ifMatch, before);
      const { user } = known;
      const wasAdmin = isActiveAdmin(user);
      await refuseWeakOf(manager, user, 'password', given.password);
      refuseRenaming(given, user);
      if (given.email !== undefined) user.email = given.email;
      if (given.role !== undefined) user.role = given.role;
      if (given.pbx !== undefined) user.pbx = given.pbx;
      if (given.pbxApiAccess !== undefined) user.pbxApiAccess = given.pbxApiAccess;
      if (given.status !== undefined) user.status = given.status;
      if (given.extensionNumber !== undefined)
        user.extensionId = await extensionIdOf(manager, tenantId, given.extensionNumber);
      if (passwordHash !== null) user.passwordHash = passwordHash;
      await manager.save(user);
      if (given.teamIds !== undefined) await setTeams(manager, user, given.teamIds);
      if (wasAdmin) await requireAdmin(manager, tenantId);
      const changed = await this.find(manager, tenantId, id);
      const changes = changesBetween(before, userFields(changed));
      if (Object.keys(changes).length === 0) return changed;
      changed.user.updatedAt = now();
      await manager.save(changed.user);
      const ended = await tokensEndedBy(manager, changed.user, changes);
      await this.record(manager, 'updated', changed, changes, actor, ended);
      return changed;
    });
  }

  /** @throws NotFound, PreconditionFailed; Conflict when no administrator would be left */
  async delete({ tenantId, actor }: AuthContext, id: number, ifMatch?: string): Promise<void> {
    await this.transactions.run(async (manager) => {
      await lockUser(manager, { id, tenantId });
      const known = await this.find(manager, tenantId, id);
      const before = userFields(known);
      requireMatch(ifMatch, before);
      await manager.delete(UserTeam, { userId: id });
      const ended = await revokeTokens(manager, { userId: id });
      await manager.delete(ApiToken, { userId: id });
      await manager.delete(User, { id });
      if (isActiveAdmin(known.user)) await requireAdmin(manager, tenantId);
      await this.record(manager, 'deleted', known, changesBetween(before, null), actor, ended);
    });
  }

  /**
   * Changes the own password; every other login of the user ends.
   * @throws FieldInvalid when the current one is wrong or was changed since it was checked, or the new one is weak
   */
  async changePassword(account: AuthContext, id: number, current: string, next: string): Promise<void> {
    const before = await this.dataSource.manager.findOneBy(User, { id });
    const right = await this.passwords.fits(current, before?.passwordHash ?? null);
    if (!before || !right) throw wrongPassword();
    await refuseWeakOf(this.dataSource.manager, before, 'newPassword', next);
    const passwordHash = await this.passwords.hash(next);
    await this.transactions.run(async (manager) => {
      // Both took their time, in which an administrator may have set another.
      const still = await lockUser(manager, before);
      if (still?.passwordHash !== before.passwordHash || still.status !== 'active') throw wrongPassword();
      const known = await this.find(manager, before.tenantId, id);
      await manager.save(Object.assign(known.user, { passwordHash, updatedAt: now() }));
      const others = { userId: id, fromLogin: true, id: Not(account.tokenId) };
      const ended = await revokeTokens(manager, others);
      const changes = { password: { before: 'set', after: 'changed' } };
      await this.record(manager, 'password_changed', known, changes, account.actor, ended);
    });
  }

  private async record(
    manager: EntityManager,
    action: string,
    { user }: KnownUser,
    changes: Changes,
    actor: Actor,
    more: readonly AuditEvent[] = [],
  ): Promise<void> {
    const deed = { action, resourceType: 'user', resource: user.username, changes } as const;
    await this.audit.record(manager, user.tenantId ?? 0, actor, [deed, ...more]);
  }

  private async find(manager: EntityManager, tenantId: number | null, id: number): Promise<KnownUser> {
    const user = await manager.findOneBy(User, { id, tenantId: tenantId ?? IsNull() });
    const [known] = user ? await this.known(manager, [user]) : [];
    if (!known) throw new NotFound();
    return known;
  }

  private async known(manager: EntityManager, users: User[]): Promise<KnownUser[]> {
    if (users.length === 0) return [];
    const teams = await manager.find(UserTeam, {
      where: { userId: In(users.map(({ id }) => id)) },
      order: { teamId: 'ASC' },
    });
    const ids = users.flatMap(({ extensionId }) => extensionId ?? []);
    const extensions = ids.length > 0 ? await manager.findBy(Extension, { id: In(ids) }) : [];
    return users.map((user) => {
      const extension = extensions.find(({ id }) => id === user.extensionId);
      return {
        user,
        teamIds: teams.filter(({ userId }) => userId === user.id).map(({ teamId }) => teamId),
        extensionNumber: extension?.liveNumber ?? null,
        linkedNumber: extension?.extensionNumber ?? null,
      };
    });
  }
}

/** All of a user that can be changed: for the audit, and for the ETag. */
export function userFields({ user, teamIds, linkedNumber }: KnownUser): Record<string, unknown> {
  return {
    username: user.username,
    email: user.email,
    role: user.role,
    pbx: user.pbx,
    pbx_api_access: user.pbxApiAccess,
    status: user.status,
    extension_number: linkedNumber,
    team_ids: teamIds,
    password: user.passwordHash,
  };
}

function refuseRenaming({ username }: UserPatch, user: User): void {
  if (username === undefined) return;
  if (typeof username === 'string' && usernameOf(username) === user.username) return;
  throw new FieldInvalid({ field: 'username', code: 'unchangeable' });
}

/** Who is disabled has none any more; whoever knew the old password is out. */
async function tokensEndedBy(
  manager: EntityManager,
  { id: userId, status }: User,
  changes: Changes,
): Promise<AuditEvent[]> {
  if (status === 'disabled') return revokeTokens(manager, { userId });
  return 'password' in changes ? revokeTokens(manager, { userId, fromLogin: true }) : [];
}

/** As the user's tenant has it; operators, who have none, always get it refused. @throws FieldInvalid */
async function refuseWeakOf(
  manager: EntityManager,
  { tenantId, username }: Pick<User, 'tenantId' | 'username'>,
  field: string,
  password: string | null | undefined,
): Promise<void> {
  const tenant = tenantId === null ? null : await manager.findOneBy(Tenant, { id: tenantId });
  const owner = { name: 'username', value: username };
  refuseWeak(tenant ?? { refuseWeakPasswords: true }, field, password, owner);
}

function wrongPassword(): FieldInvalid {
  return new FieldInvalid({ field: 'currentPassword', code: 'incorrect' });
}

/** Whether the user manages others: without the tier, or access, an administrator manages nobody. */
function isActiveAdmin({ role, status, pbx, pbxApiAccess }: User): boolean {
  return role === 'admin' && status === 'active' && pbxApiAccess && (pbx === null || pbx === 'admin');
}

/** An account in which nobody could manage anybody any more would need the command line. @throws Conflict */
async function requireAdmin(manager: EntityManager, tenantId: number): Promise<void> {
  const able = { tenantId, role: 'admin', status: 'active', pbxApiAccess: true } as const;
  const where = [
    { ...able, pbx: IsNull() },
    { ...able, pbx: 'admin' as const },
  ];
  if (await manager.exists(User, { where })) return;
  throw new Conflict('The account needs an active administrator.');
}
