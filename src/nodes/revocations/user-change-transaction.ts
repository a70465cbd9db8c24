import { Injectable } from '@nestjs/common';
import { type DataSource, type EntityManager } from 'typeorm';
import { type Settings } from '../../platform/config/settings';
import { Transactions } from '../../platform/database/transactions';
import { OutcomeUnknown } from '../../platform/database/unavailable';
import { LookupsInFlight } from '../directory/lookups-in-flight';
import { ExtensionChanges } from '../../events/extension-changes';
import { NodePool } from '../../freeswitch/node-pool';
import { NodeAskers } from '../registry/node-askers';
import { Metrics } from '../../platform/metrics';
import { idsByUser, type RevocationNode } from '../../schema/revocation-node.entity';
import { type Change, RevocationStore } from './revocation-store';
import { RegistrationsService } from '../registrations/state/registrations.service';
import { RevocationsService } from './revocations.service';

/**
 * Records, inside the transaction, of which users FreeSWITCH and whoever listens must forget what they
 * know; called once at most, before the audit. Answers with the ids of what was recorded, by SIP user.
 */
export type RecordRevocations = (changes: readonly Change[]) => Promise<Map<string, number>>;

/** A change of something that users share, such as a caller ID, and the forgetting that must follow it. */
@Injectable()
export class UserChangeTransaction {
  constructor(
    private readonly transactions: Transactions,
    private readonly revocations: RevocationsService,
    private readonly changes: ExtensionChanges,
  ) {}

  /** Runs `work` in a transaction; what it had forgotten, nodes have forgotten when this resolves, as far as they are there. */
  async run<T>(work: (manager: EntityManager, forget: RecordRevocations) => Promise<T>): Promise<T> {
    let changed: readonly Change[] = [];
    let works: RevocationNode[] = [];
    const tell = (): void => {
      for (const { sipUser, sipDomain } of changed) this.changes.emit({ number: sipUser, domain: sipDomain });
    };
    try {
      const result = await this.transactions.run((manager) => {
        [changed, works] = [[], []];
        return work(manager, async (changes) => {
          changed = changes;
          works = await this.revocations.record(manager, changes);
          return idsByUser(works);
        });
      });
      tell();
      await this.revocations.carryOut(works);
      return result;
    } catch (error) {
      if (error instanceof OutcomeUnknown) tell();
      throw error;
    }
  }
}

/**
 * For a process that has no session with the nodes, such as the command line: a server on the same database
 * finds what is recorded, and carries it out within some ten seconds.
 */
export function userChangesWithoutNodes(
  { settings, dataSource }: { settings: Settings; dataSource: DataSource },
  transactions: Transactions,
): UserChangeTransaction {
  const log = { info: (): void => undefined, warn: (): void => undefined };
  const pool = new NodePool({ log });
  const store = new RevocationStore(
    dataSource,
    transactions,
    new LookupsInFlight(),
    pool,
    new NodeAskers(pool),
  );
  const metrics = new Metrics();
  const registrations = new RegistrationsService(pool, settings, metrics);
  const revocations = new RevocationsService(store, metrics, pool, settings, registrations);
  return new UserChangeTransaction(transactions, revocations, new ExtensionChanges());
}
