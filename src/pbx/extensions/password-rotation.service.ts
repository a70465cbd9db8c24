import { Injectable } from '@nestjs/common';
import { type EntityManager, In, IsNull, Not } from 'typeorm';
import { type AuthContext } from '../../accounts/auth-context';
import { AuditService, type AuditEvent, type RevokedUsers } from '../../events/audit/audit.service';
import { FieldInvalid } from '../../core/errors';
import { now } from '../../core/time';
import { UserChangeTransaction } from '../../nodes/revocations/user-change-transaction';
import { type NewCredentials, SipCredentials } from '../../platform/secrets/sip-credentials.service';
import { Team } from '../../schema/team.entity';
import { lockTenant } from '../../accounts/tenants/tenants.service';
import { scopeFilter, type ScopedCaller } from '../../accounts/scope/extension-scope';
import { Extension } from '../../schema/extension.entity';
import { revocationFor } from './revocation-rules';
import { chunksOf } from '../../core/chunks';

/** How many extensions one request may rotate. */
export const MAX_ROTATED = 10_000;
const ROWS_PER_STATEMENT = 100;

/** Whose passwords are to be rotated. */
export type Selection = { teamId: number } | { numbers: string[] } | { all: true };

const SELECTED = {
  id: true,
  extensionNumber: true,
  status: true,
  tlsEnabled: true,
  a1: true,
  deletedAt: true,
};

type Selected = Pick<Extension, 'id' | 'extensionNumber' | 'status' | 'tlsEnabled' | 'a1' | 'deletedAt'>;
type Rotated = Selected & NewCredentials;

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
   * @throws FieldInvalid for a team or a number that the tenant does not have, or for too many
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
      for (const chunk of chunksOf(renewed, ROWS_PER_STATEMENT)) await write(manager, chunk);
      const changes = renewed.map((extension) => {
        const rule = revocationFor(extension, { ...extension, a1: extension.sealedA1 }, { disconnect });
        return { tenantId, sipUser: extension.extensionNumber, sipDomain: domain, ...rule };
      });
      const revocations = await forget(changes);
      await this.audit.record(manager, tenantId, account.actor, deedsOf(selected, revocations));
      return renewed;
    });
  }
}

function deedsOf(
  rotated: readonly Pick<Extension, 'extensionNumber'>[],
  revocations: RevokedUsers,
): AuditEvent[] {
  const changes = { sip_password: { before: 'set', after: 'changed' } };
  return rotated.map(({ extensionNumber: resource }) => ({
    action: 'password_changed',
    resourceType: 'extension',
    resource,
    changes,
    revocations,
  }));
}

async function select(
  manager: EntityManager,
  viewer: ScopedCaller,
  selection: Selection,
): Promise<Selected[]> {
  if ('numbers' in selection) return byNumber(manager, viewer, selection.numbers);
  if ('teamId' in selection && !(await hasTeam(manager, viewer, selection.teamId))) {
    throw new FieldInvalid({ field: 'teamId', code: 'not_found' });
  }
  const found = await manager.find(Extension, {
    select: SELECTED,
    where: {
      ...scopeFilter(viewer),
      liveNumber: Not(IsNull()),
      ...('teamId' in selection && { teamId: selection.teamId }),
    },
    order: { liveNumber: 'ASC' },
    take: MAX_ROTATED + 1,
  });
  if (found.length <= MAX_ROTATED) return found;
  const field = 'teamId' in selection ? 'teamId' : 'all';
  throw new FieldInvalid({ field, code: 'too_many_selected', max: MAX_ROTATED });
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
): Promise<Selected[]> {
  const found = new Map<string, Selected>();
  const distinct = [...new Set(numbers)];
  for (const chunk of chunksOf(distinct, ROWS_PER_STATEMENT)) {
    const rows = await manager.find(Extension, {
      select: SELECTED,
      where: { ...scopeFilter(viewer), liveNumber: In(chunk) },
    });
    for (const row of rows) found.set(row.extensionNumber, row);
  }
  const faults = numbers.flatMap((number, place) =>
    found.has(number) ? [] : [{ field: `extensionNumbers.${place}`, code: 'not_found' } as const],
  );
  if (faults.length > 0) throw new FieldInvalid(...faults);
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
