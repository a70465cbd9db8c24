import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull } from 'typeorm';
import { type Actor } from '../../core/actor';
import { AuditService } from '../../events/audit/audit.service';
import { changesBetween } from '../../events/audit/changes';
import { revokeTokens } from '../tokens/revoke';
import { NotFound } from '../../core/errors';
import { now } from '../../core/time';
import { Transactions } from '../../platform/database/transactions';
import { lockUser } from './lock-user';
import { User, type UserStatus } from '../../schema/user.entity';
import { usernameOf } from '../../core/username';

const OPERATOR = { role: 'operator', tenantId: IsNull() } as const;

/** The platform's operators, whom the command line alone manages. */
@Injectable()
export class OperatorsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly audit: AuditService,
  ) {}

  /** By username. */
  list(): Promise<User[]> {
    return this.dataSource.manager.find(User, { where: OPERATOR, order: { username: 'ASC' } });
  }

  /**
   * Lets an operator in, or out: then his tokens end, and none comes back when he is let in again.
   * @throws NotFound for nobody, and for somebody of a tenant
   */
  setStatus(username: string, status: UserStatus, actor: Actor): Promise<User> {
    return this.transactions.run(async (manager) => {
      const user = await held(manager, username);
      const before = { status: user.status };
      if (user.status === status) return user;
      // Not save(): that would compare with the row as it was before it was held.
      await manager.update(User, user.id, { status, updatedAt: now() });
      const ended = status === 'disabled' ? await revokeTokens(manager, { userId: user.id }) : [];
      const changes = changesBetween(before, { status });
      const deed = { action: 'updated', resourceType: 'user', resource: user.username, changes } as const;
      await this.audit.record(manager, 0, actor, [deed, ...ended]);
      return { ...user, status };
    });
  }
}

async function held(manager: EntityManager, username: string): Promise<User> {
  const found = await manager.findOneBy(User, { ...OPERATOR, username: usernameOf(username) });
  const user = found && (await lockUser(manager, found));
  if (!user) throw new NotFound();
  return user;
}
