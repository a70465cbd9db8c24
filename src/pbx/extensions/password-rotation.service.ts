import { Injectable } from '@nestjs/common';
import { type EntityManager, In, IsNull, Not } from 'typeorm';
import { type AuthContext } from '../../accounts/auth-context';
import { AuditService, type AuditEvent } from '../../events/audit/audit.service';
import { InvalidData } from '../../core/errors';
import { now } from '../../core/time';
import { UserChangeTransaction } from '../../nodes/revocations/user-change-transaction';
import { type NewCredentials, SipCredentials } from '../../platform/secrets/sip-credentials.service';
import { Team } from '../../schema/team.entity';
import { lockTenant } from '../../accounts/tenants/tenants.service';
import { scopeFilter, type ScopedCaller } from '../../accounts/scope/extension-scope';
import { Extension } from '../../schema/extension.entity';
import { MAX_ROTATED, refuseEach, type Selection } from '../../api/pbx/extensions/rotation-input.dto';

const ROWS_PER_STATEMENT = 100;

type Rotated = Pick<Extension, 'id' | 'extensionNumber' | 'status'> & NewCredentials;

/** Rotates the passwords of many extensions at once, all or none. */
@Injectable()
export class PasswordRotationService {
  constructor(
    private readonly users: UserChangeTransaction,
    private readonly credentials: SipCredentials,
    private readonly audit: AuditService,
  ) {}

  /**
   * The old passwords no longer open anything once this resolves, as far as nodes can be told in time.
   * @param disconnect whether phones that are registered must do so again
   * @returns the new passwords by number
   * @throws InvalidData for a team or a number that the tenant does not have, or for too many
   */
  async rotate(account: AuthContext, selection: Selection, disconnect: boolean): Promise<Rotated[]> {
    const { tenantId, domain } = account;
    return this.users.run(async (manager, forget) => {
      await lockTenant(manager, tenantId);
      const selected = await select(manager, account, selection);
      const renewed = selected.map((extension): Rotated => {
        const identity = { tenantId, number: extension.extensionNumber, realm: domain };
        return { ...extension, ...this.credentials.make(identity) };
      });
      for (const chunk of chunksOf(renewed)) await write(manager, chunk);
      const changes = renewed.map(({ extensionNumber: sipUser, status }) => {
        const dropContacts = disconnect || status !== 'active';
        return { tenantId, sipUser, sipDomain: domain, reason: 'password_changed', dropContacts } as const;
      });
      const recorded = await forget(changes);
      await this.audit.record(manager, tenantId, account.actor, deedsOf(selected, recorded));
      return renewed;
    });
  }
}

function deedsOf(
  rotated: readonly Pick<Extension, 'extensionNumber'>[],
  recorded: Map<string, number>,
): AuditEvent[] {
  const changes = { sip_password: { before: 'set', after: 'changed' } };
  return rotated.map(({ extensionNumber: resource }) => ({
    action: 'password_changed',
    resourceType: 'extension',
    resource,
    changes,
    revocations: [recorded.get(resource)],
  }));
}

async function select(
  manager: EntityManager,
  viewer: ScopedCaller,
  selection: Selection,
): Promise<Extension[]> {
  if ('numbers' in selection) return byNumber(manager, viewer, selection.numbers);
  if ('teamId' in selection && !(await hasTeam(manager, viewer, selection.teamId))) {
    throw InvalidData.field('team_id', 'The selected team id is invalid.');
  }
  const found = await manager.find(Extension, {
    select: { id: true, extensionNumber: true, status: true },
    where: {
      ...scopeFilter(viewer),
      liveNumber: Not(IsNull()),
      ...('teamId' in selection && { teamId: selection.teamId }),
    },
    order: { liveNumber: 'ASC' },
    take: MAX_ROTATED + 1,
  });
  if (found.length <= MAX_ROTATED) return found;
  const sentence = `No more than ${MAX_ROTATED} extensions may be selected.`;
  throw InvalidData.field('teamId' in selection ? 'team_id' : 'all', sentence);
}

/** A team that the account does not see is none: of an agent's extensions a team tells nothing. */
function hasTeam(manager: EntityManager, { tenantId, scope }: ScopedCaller, id: number): Promise<boolean> {
  if (scope.kind === 'own' || (scope.kind === 'teams' && !scope.ids.includes(id)))
    return Promise.resolve(false);
  return manager.existsBy(Team, { id, tenantId });
}

async function byNumber(
  manager: EntityManager,
  viewer: ScopedCaller,
  numbers: string[],
): Promise<Extension[]> {
  const found = new Map<string, Extension>();
  const distinct = [...new Set(numbers)];
  for (const chunk of chunksOf(distinct)) {
    const rows = await manager.find(Extension, {
      select: { id: true, extensionNumber: true, status: true },
      where: { ...scopeFilter(viewer), liveNumber: In(chunk) },
    });
    for (const row of rows) found.set(row.extensionNumber, row);
  }
  refuseEach(numbers, (number, name) => (found.has(number) ? null : `The selected ${name} is invalid.`));
  return distinct.flatMap((number) => found.get(number) ?? []);
}

async function write(manager: EntityManager, rotated: Rotated[]): Promise<void> {
  const cases = rotated.map((_, i) => `WHEN :id${i} THEN :a1${i}`).join(' ');
  const values = rotated.flatMap(({ id, sealedA1 }, i) => [
    [`id${i}`, id],
    [`a1${i}`, sealedA1],
  ]);
  await manager
    .createQueryBuilder()
    .update(Extension)
    .set({ a1: () => `CASE id ${cases} END`, updatedAt: now(), passwordChangedAt: now() })
    .where({ id: In(rotated.map(({ id }) => id)) })
    .setParameters(Object.fromEntries(values) as Record<string, unknown>)
    .execute();
}

function chunksOf<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / ROWS_PER_STATEMENT);
  return Array.from({ length: count }, (_, i) =>
    all.slice(i * ROWS_PER_STATEMENT, (i + 1) * ROWS_PER_STATEMENT),
  );
}
