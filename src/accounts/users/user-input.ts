import { type Patch } from '../../core/patch';
import { type Role, type Tier } from '../../core/roles';
import { type User } from '../../schema/user.entity';

interface UserFields {
  email: string | null;
  /** Null: the role's usual one. */
  pbx: Tier | null;
  pbxApiAccess: boolean;
  /** An agent's own. */
  extensionNumber: string | null;
  /** Those whose extensions a supervisor sees. */
  teamIds: number[];
}

/** A user to create. Only the command line creates operators. */
export interface NewUser extends Patch<UserFields> {
  username: string;
  role: Role | 'operator';
  /** Absent or null: one is generated. */
  password?: string | null | undefined;
}

export type UserPatch = Patch<
  UserFields &
    Pick<User, 'status'> & {
      role: Role;
      password: string;
      /** Only the one that the user has already is accepted. */
      username: unknown;
    }
>;

/** Which users are listed. */
export interface UserFilter {
  role?: Role | null;
  /** Part of the username or the e-mail address. */
  search?: string | null;
}
