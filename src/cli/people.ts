import { COMMAND_LINE } from '../core/actor';
import { AuditService } from '../events/audit/audit.service';
import { Transactions } from '../platform/database/transactions';
import { ApiToken } from '../schema/api-token.entity';
import { readFutureTime } from '../core/expiry';
import { revokeIn } from '../accounts/tokens/revoke';
import { type Role, ROLES } from '../core/roles';
import { TokenStore } from '../accounts/tokens/token-store';
import { TokensModule } from '../accounts/tokens/tokens.module';
import { InvalidData } from '../core/errors';
import { asName, email, matching, oneOf, text } from '../core/rules';
import { isoTime } from '../core/time';
import { OperatorsService } from '../accounts/users/operators.service';
import { UsersModule } from '../accounts/users/users.module';
import { LOGIN_PASSWORD } from '../accounts/users/passwords';
import { User, type UserStatus } from '../schema/user.entity';
import { USERNAME, usernameOf } from '../core/username';
import { type NewUser } from '../accounts/users/user-input';
import { UsersService } from '../accounts/users/users.service';
import { check, orExplain, type Services, tenantOf, withServices } from './database';
import { type Printed } from './print';
import { lineFromStdin } from './stdin';

const NAME = text({ min: 1, max: 100 });

export function tokenCreate(given: {
  tenant: string;
  name: string;
  role?: string;
  user?: string;
  expires?: string;
}): Promise<Printed> {
  const name = asName(given.name);
  check('name', NAME(name, 'name'));
  if (given.role !== undefined) check('role', oneOf(ROLES)(given.role, 'role'));
  const expiresAt = given.expires === undefined ? null : futureTime(given.expires);
  return withServices([TokensModule], async ({ dataSource, get }) => {
    const tenant = await tenantOf(dataSource, given.tenant);
    const user = given.user === undefined ? null : await userOf(dataSource, tenant.id, given.user);
    // A token of nobody needs a role; a user's has the user's unless told otherwise.
    const role = (given.role ?? (user ? null : 'admin')) as Role | null;
    const row = { tenantId: tenant.id, userId: user?.id ?? null, name, role, expiresAt };
    const { token } = await get(TokenStore).create(row, COMMAND_LINE);
    return { lines: [token], json: { token } };
  });
}

export function tokenRevoke(given: { id: string }): Promise<Printed> {
  const id = /^\d{1,9}$/.test(given.id) ? Number(given.id) : 0;
  return withServices([TokensModule], async ({ dataSource, get }) => {
    const token = await dataSource.manager.findOneBy(ApiToken, { id });
    if (!token || token.revokedAt) throw InvalidData.field('id', `There is no live token ${given.id}.`);
    await get(Transactions).run((manager) => revokeIn(manager, get(AuditService), token, COMMAND_LINE));
    return { lines: [`Token ${id} is revoked`], json: { id, revoked: true } };
  });
}

export function userCreate(given: {
  tenant: string;
  username: string;
  role: string;
  email?: string;
  extension?: string;
}): Promise<Printed> {
  check('role', oneOf(ROLES)(given.role, 'role'));
  if (given.email !== undefined) check('email', email(given.email, 'email'));
  return withServices([UsersModule], async (services) => {
    const tenant = await tenantOf(services.dataSource, given.tenant);
    const { username, role, email: address = null, extension = null } = given;
    const user = { username, role: role as Role, email: address, extensionNumber: extension };
    return create(services, tenant.id, user);
  });
}

export function operatorCreate({ username }: { username: string }): Promise<Printed> {
  return withServices([UsersModule], (services) => create(services, null, { username, role: 'operator' }));
}

export function operatorList(): Promise<Printed> {
  return withServices([UsersModule], async ({ get }) => {
    const operators = await get(OperatorsService).list();
    const lines = operators.map(({ username, status, createdAt, lastLoginAt }) => {
      const last = lastLoginAt ? `last logged in ${isoTime(lastLoginAt)}` : 'never logged in';
      return `${username}, ${status}, created ${isoTime(createdAt)}, ${last}`;
    });
    return {
      lines: lines.length > 0 ? lines : ['There are no operators.'],
      json: { operators: operators.map(mapOperator) },
    };
  });
}

export const operatorDisable = ({ username }: { username: string }): Promise<Printed> =>
  setOperator(username, 'disabled');

export const operatorEnable = ({ username }: { username: string }): Promise<Printed> =>
  setOperator(username, 'active');

function setOperator(username: string, status: UserStatus): Promise<Printed> {
  return withServices([UsersModule], async ({ get }) => {
    const work = get(OperatorsService).setStatus(username, status, COMMAND_LINE);
    const operator = await orExplain('username', `There is no operator ${JSON.stringify(username)}.`, work);
    const line = `Operator ${operator.username} is ${status === 'active' ? 'enabled' : status}`;
    return { lines: [line], json: mapOperator(operator) };
  });
}

function mapOperator({ id, username, status, createdAt, lastLoginAt }: User): Record<string, unknown> {
  const last = lastLoginAt && isoTime(lastLoginAt);
  return { id, username, status, created_at: isoTime(createdAt), last_login_at: last };
}

async function create({ get }: Services, tenantId: number | null, user: NewUser): Promise<Printed> {
  check('username', matching(USERNAME)(usernameOf(user.username), 'username'));
  const typed = await lineFromStdin();
  if (typed !== null) check('password', text(LOGIN_PASSWORD)(typed, 'password'));
  const { known, password } = await get(UsersService).create(
    tenantId,
    { ...user, password: typed },
    COMMAND_LINE,
  );
  const { id, username, role } = known.user;
  const who = role === 'operator' ? `Operator ${id}: ${username}` : `User ${id}: ${username}, ${role}`;
  return {
    lines: password === null ? [who] : [who, password],
    json: { id, username, role, tenant_id: tenantId, ...(password !== null && { password }) },
  };
}

async function userOf(dataSource: Services['dataSource'], tenantId: number, username: string): Promise<User> {
  const user = await dataSource.manager.findOneBy(User, { tenantId, username: usernameOf(username) });
  if (!user) throw InvalidData.field('user', `There is no user ${JSON.stringify(username)} in the tenant.`);
  return user;
}

function futureTime(value: string): Date {
  if (readFutureTime(value, 0) === null) {
    throw InvalidData.field('expires', 'The expiry must be an ISO 8601 time with Z or an offset.');
  }
  const time = readFutureTime(value);
  if (time === null) throw InvalidData.field('expires', 'The expiry must be in the future.');
  return time;
}
