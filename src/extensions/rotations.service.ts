import { Injectable } from '@nestjs/common';
import { type EntityManager, In, IsNull, Not } from 'typeorm';
import { type AccountOf } from '../auth/account';
import { InvalidData } from '../common/errors';
import { now } from '../common/time';
import { Transactions } from '../database/transactions';
import { OutcomeUnknown } from '../database/unavailable';
import { type RevocationNode } from '../revocations/revocation-node.entity';
import { RevocationsService } from '../revocations/revocations.service';
import { type NewCredentials, SipCredentials } from '../sip-credentials/sip-credentials.service';
import { Team } from '../teams/team.entity';
import { lockTenant } from '../tenants/tenants.service';
import { ExtensionChanges } from './extension-changes';
import { Extension } from './extension.entity';
import { MOST_ROTATED, refuseEach, type Selection } from './rotation-input.dto';

const ROWS_PER_STATEMENT = 100;

type Rotated = Pick<Extension, 'id' | 'extensionNumber' | 'status'> & NewCredentials;

/** Rotates the passwords of many extensions at once, all or none. */
@Injectable()
export class RotationsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly credentials: SipCredentials,
    private readonly revocations: RevocationsService,
    private readonly changes: ExtensionChanges,
  ) {}

  /**
   * The old passwords no longer open anything once this resolves, as far as nodes can be told in time.
   * @param disconnect whether phones that are registered must do so again
   * @returns the new passwords by number
   * @throws InvalidData for a team or a number that the tenant does not have, or for too many
   */
  async rotate(account: AccountOf, selection: Selection, disconnect: boolean): Promise<Rotated[]> {
    const { tenantId, domain } = account;
    let numbers: string[] = [];
    const work = async (manager: EntityManager): Promise<[Rotated[], RevocationNode[]]> => {
      await lockTenant(manager, tenantId);
      const selected = await select(manager, tenantId, selection);
      numbers = selected.map(({ extensionNumber }) => extensionNumber);
      const renewed = selected.map((extension): Rotated => {
        const identity = { tenantId, number: extension.extensionNumber, realm: domain };
        return { ...extension, ...this.credentials.make(identity) };
      });
      for (const chunk of chunksOf(renewed)) await write(manager, chunk);
      const changes = renewed.map(({ extensionNumber: sipUser, status }) => {
        const dropContacts = disconnect || status !== 'active';
        return { tenantId, sipUser, sipDomain: domain, reason: 'password_changed', dropContacts } as const;
      });
      return [renewed, await this.revocations.record(manager, changes)];
    };
    const tell = (): void => numbers.forEach((number) => this.changes.tell({ number, domain }));
    try {
      const [rotated, works] = await this.transactions.run(work);
      tell();
      await this.revocations.carryOut(works);
      return rotated;
    } catch (error) {
      if (error instanceof OutcomeUnknown) tell();
      throw error;
    }
  }
}

async function select(manager: EntityManager, tenantId: number, selection: Selection): Promise<Extension[]> {
  if ('numbers' in selection) return byNumber(manager, tenantId, selection.numbers);
  if ('teamId' in selection && !(await manager.existsBy(Team, { id: selection.teamId, tenantId }))) {
    throw InvalidData.field('team_id', 'The selected team id is invalid.');
  }
  const found = await manager.find(Extension, {
    select: { id: true, extensionNumber: true, status: true },
    where: {
      tenantId,
      liveNumber: Not(IsNull()),
      ...('teamId' in selection && { teamId: selection.teamId }),
    },
    order: { liveNumber: 'ASC' },
    take: MOST_ROTATED + 1,
  });
  if (found.length <= MOST_ROTATED) return found;
  const sentence = `No more than ${MOST_ROTATED} extensions may be selected.`;
  throw InvalidData.field('teamId' in selection ? 'team_id' : 'all', sentence);
}

async function byNumber(manager: EntityManager, tenantId: number, numbers: string[]): Promise<Extension[]> {
  const found = new Map<string, Extension>();
  const distinct = [...new Set(numbers)];
  for (const chunk of chunksOf(distinct)) {
    const rows = await manager.find(Extension, {
      select: { id: true, extensionNumber: true, status: true },
      where: { tenantId, liveNumber: In(chunk) },
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
