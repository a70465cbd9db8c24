import { COMMAND_LINE } from '../../src/core/actor';
import { UsersService } from '../../src/accounts/users/users.service';
import { type Answer, type Dialplane, type TestTenant } from './dialplane';

export const PASSWORD = 'correct horse battery';

export interface User {
  id: number;
  username: string;
  email: string | null;
  role: string;
  tenant_id: number | null;
  status: string;
  pbx: string;
  extension_number: string | null;
  team_ids: number[];
  last_login_at: string | null;
}

export interface Login {
  data: { user: User };
  token: string;
}

let names = 0;

/** One request to a path under /api, with a JSON body, if there is one. */
export function ask<T>(
  dialplane: Dialplane,
  token: string | null,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer<T>> {
  return dialplane.request<T>(method, `/api${path}`, {
    headers: {
      ...(token !== null && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

export function login(
  dialplane: Dialplane,
  username: string,
  password: unknown = PASSWORD,
): Promise<Answer<Login>> {
  return ask<Login>(dialplane, null, 'POST', '/auth/login', { username, password });
}

/** A user of a tenant, logged in. */
export async function person(
  dialplane: Dialplane,
  tenant: TestTenant,
  role: string,
  more: object = {},
): Promise<User & { token: string }> {
  const username = `${role}.${++names}@${tenant.tenant.domain}`;
  const made = await ask<{ data: User }>(dialplane, tenant.token, 'POST', '/auth/users', {
    username,
    role,
    password: PASSWORD,
    ...more,
  });
  expect([made.status, made.body]).toMatchObject([201, { data: { username, role } }]);
  return { ...made.body.data, token: (await login(dialplane, username)).body.token };
}

/** One of the platform's operators, whom no request can make; logged in. @returns his token */
export async function operator(dialplane: Dialplane, username = 'root.op'): Promise<string> {
  const user = { username, role: 'operator', password: PASSWORD } as const;
  await dialplane.get(UsersService).create(null, user, COMMAND_LINE);
  return (await login(dialplane, username)).body.token;
}
