import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { Transactions } from '../../platform/database/transactions';
import { OutcomeUnknown } from '../../platform/database/unavailable';
import { type RevokedUsers } from '../../events/audit/audit.service';
import { ExtensionChanges } from '../../events/extension-changes';
import { idsByUser, type RevocationNode } from '../../schema/revocation-node.entity';
import { type Change } from './revocation-store';
import { RevocationsService } from './revocations.service';

/**
 * Records, inside the transaction, of which users FreeSWITCH and whoever listens must forget what they
 * know; called once at most, before the audit. Returns what the audit's events need of it.
 */
export type RecordRevocations = (changes: readonly Change[]) => Promise<RevokedUsers>;

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
          const ids = idsByUser(works);
          return new Map(changes.map(({ sipUser }) => [sipUser, ids.get(sipUser)]));
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
