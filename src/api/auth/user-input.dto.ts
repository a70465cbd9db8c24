import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { type Role, ROLES, type Tier, TIERS } from '../../core/roles';
import { Field } from '../edge/field';
import { ListQuery } from '../edge/page';
import { boolean, email, list, matching, oneOf, reference, type Rule, text } from '../../core/rules';
import { EXTENSION_NUMBER } from '../../core/extension-number';
import { type NewUser, type UserPatch } from '../../accounts/users/user-input';
import { LOGIN_PASSWORD } from '../../accounts/users/passwords';
import { USER_STATUSES, type UserStatus } from '../../schema/user.entity';
import { USERNAME, usernameOf } from '../../core/username';

const MOST_TEAMS = 1_000;

const username: Rule = (value, name) =>
  matching(USERNAME)(typeof value === 'string' ? usernameOf(value) : value, name);

const teamIds: Rule = (value, name) =>
  list({ min: 0, max: MOST_TEAMS })(value, name) ??
  ((value as unknown[]).every((id) => reference(id, name) === null)
    ? null
    : `The selected ${name} is invalid.`);

const TIER = {
  enum: TIERS,
  nullable: true,
  description:
    "viewer reads, operator also changes and rotates, admin also makes and deletes. Null: the role's usual one (admin: admin, supervisor and agent: operator, read_only: viewer). Never above what the role may have: supervisor admin, agent operator, read_only viewer.",
} as const;
const EXTENSION = {
  type: 'string',
  nullable: true,
  example: '1001',
  description: "The agent's own extension, the only one that an agent sees.",
} as const;
const TEAMS = {
  type: 'array',
  items: { type: 'integer' },
  description: "The supervisor's teams, whose extensions a supervisor sees.",
  example: [1],
} as const;

/** What may be said of a user when made and when changed. */
class UserFields {
  @ApiPropertyOptional({ type: 'string', nullable: true, format: 'email', maxLength: 254 })
  @Field('nullable', email)
  email?: string | null;

  @ApiPropertyOptional(TIER)
  @Field('nullable', oneOf(TIERS))
  pbx?: Tier | null;

  @ApiPropertyOptional({
    type: 'boolean',
    description: 'Whether the user may call /api/pbx at all, and manage users.',
  })
  @Field('optional', boolean)
  pbx_api_access?: boolean;

  @ApiPropertyOptional(EXTENSION)
  @Field('nullable', matching(EXTENSION_NUMBER))
  extension_number?: string | null;

  @ApiPropertyOptional(TEAMS)
  @Field('optional', teamIds)
  team_ids?: number[];
}

/** POST /api/auth/users */
export class CreateUserDto extends UserFields {
  @ApiProperty({
    example: 'lan.tran',
    pattern: USERNAME.source,
    description: 'Unique in the whole installation; kept in lower case.',
  })
  @Field('required', username)
  username!: string;

  @ApiProperty({ enum: ROLES })
  @Field('required', oneOf(ROLES))
  role!: Role;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    minLength: LOGIN_PASSWORD.min,
    maxLength: LOGIN_PASSWORD.max,
    description: 'Absent: one is generated, and shown in the answer.',
  })
  @Field('nullable', text(LOGIN_PASSWORD))
  password?: string | null;
}

/** PUT /api/auth/users/{id}; what is absent stays as it is. */
export class UpdateUserDto extends UserFields {
  @ApiPropertyOptional({ enum: ROLES })
  @Field('optional', oneOf(ROLES))
  role?: Role;

  @ApiPropertyOptional({
    enum: USER_STATUSES,
    description: 'disabled: ends every token of the user for good.',
  })
  @Field('optional', oneOf(USER_STATUSES))
  status?: UserStatus;

  @ApiPropertyOptional({
    type: 'string',
    minLength: LOGIN_PASSWORD.min,
    maxLength: LOGIN_PASSWORD.max,
    description: 'Ends every login of the user, but not tokens that were created by hand.',
  })
  @Field('optional', text(LOGIN_PASSWORD))
  password?: string;

  @ApiPropertyOptional({ type: 'string', description: 'Only the one it already has.' })
  @Field('optional', () => null)
  username?: unknown;
}

export class ListUsersQuery extends ListQuery {
  @ApiPropertyOptional({ enum: ROLES })
  @Field('nullable', oneOf(ROLES))
  role?: Role | null;
}

export function newUser(given: CreateUserDto): NewUser {
  const { username, role, password } = given;
  return { ...fieldsOf(given), username, role, password };
}

export function userPatch(given: UpdateUserDto): UserPatch {
  const { username, role, status, password } = given;
  return { ...fieldsOf(given), username, role, status, password };
}

function fieldsOf({ email, pbx, ...given }: UserFields): Pick<UserPatch, keyof UserPatch & keyof NewUser> {
  return {
    ...{ email, pbx },
    pbxApiAccess: given.pbx_api_access,
    extensionNumber: given.extension_number,
    teamIds: given.team_ids,
  };
}
