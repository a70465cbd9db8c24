import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type Actor } from '../../core/actor';
import { Unauthenticated, Unauthorized } from '../../core/errors';
import { now } from '../../core/time';
import { Transactions } from '../../platform/database/transactions';
import { lockUser } from '../users/lock-user';
import { Passwords } from '../users/passwords';
import { User } from '../../schema/user.entity';
import { usernameOf } from '../../core/username';
import { TokenStore } from './token-store';

const TOKEN_NAME = 'login';

/** Where a login comes from. */
export type Origin = Pick<Actor, 'address' | 'requestId'>;

@Injectable()
export class LoginService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly passwords: Passwords,
    private readonly tokens: TokenStore,
  ) {}

  /**
   * Who typed this, if it is right.
   * @throws Unauthenticated, after the same time, whether the user, the password or both are wrong
   * @throws Unauthorized for a user of a disabled tenant
   */
  async prove(typed: { username: string; password: string }): Promise<User> {
    const found = await this.dataSource.manager.findOne(User, {
      where: { username: usernameOf(typed.username) },
      relations: { tenant: true },
    });
    // To MariaDB é is e; a limit of tries counts them apart.
    const user = found?.username === usernameOf(typed.username) ? found : null;
    const right = await this.passwords.fits(typed.password, user?.passwordHash ?? null);
    if (!user || !right || user.status !== 'active') throw new Unauthenticated();
    if (user.tenant && user.tenant.status !== 'active') throw new Unauthorized();
    return user;
  }

  /**
   * A new token for a user who has proved to be that; it does not expire.
   * @throws Unauthenticated when the user was changed since
   */
  async login(user: User, origin: Origin): Promise<string> {
    const kind = user.role === 'operator' ? 'operator' : 'user';
    const actor: Actor = { kind, id: user.id, name: user.username, tokenId: null, ...origin };
    const row = {
      tenantId: user.tenantId,
      userId: user.id,
      name: TOKEN_NAME,
      role: null,
      expiresAt: null,
      fromLogin: true,
    };
    return this.transactions.run(async (manager) => {
      // Looking at the password took its time, in which it may have been changed.
      const still = await lockUser(manager, user);
      if (still?.passwordHash !== user.passwordHash || still.status !== 'active') throw new Unauthenticated();
      await manager.update(User, user.id, { lastLoginAt: now() });
      return (await this.tokens.createIn(manager, row, actor)).token;
    });
  }
}
