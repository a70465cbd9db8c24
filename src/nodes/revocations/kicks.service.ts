import { idsByUser } from '../../schema/revocation-node.entity';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type AuthContext } from '../../accounts/auth-context';
import { AuditService } from '../../events/audit/audit.service';
import { withDeadline } from '../../core/deadline';
import { Conflict, NotFound } from '../../core/errors';
import { Settings } from '../../platform/config/settings';
import { Transactions } from '../../platform/database/transactions';
import { findExtension } from '../../accounts/scope/extension-queries';
import { DEVICE_ID, deviceId } from '../../freeswitch/device-id';
import { type EslClient } from '../../freeswitch/esl-client';
import { NodePool } from '../../freeswitch/node-pool';
import { whyNotAlone } from '../../freeswitch/one-contact';
import { RegistrationsService } from '../registrations/state/registrations.service';
import { type ReceiptNode, ReceiptsService } from './receipts.service';
import { RevocationsService } from './revocations.service';

/** How long the nodes are asked who holds a device, and then the kick may last; together below 2 s. */
const LOOK_DEADLINE_MS = 700;
const KICK_DEADLINE_MS = 1_200;

/** Others would be disconnected with a device. */
export class NotEndedAlone extends Conflict {
  /** @param why in plain words */
  constructor(why: string) {
    super(`This device cannot be ended alone: ${why}.`);
  }
}

/** Puts phones out whose user may register again. */
@Injectable()
export class KicksService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly revocations: RevocationsService,
    private readonly receipts: ReceiptsService,
    private readonly pool: NodePool,
    private readonly settings: Settings,
    private readonly audit: AuditService,
    private readonly registrations: RegistrationsService,
  ) {}

  /**
   * Drops the contacts of an extension, or of one of its devices.
   * @returns how far it is with each node; what is pending goes on
   * @throws NotFound for an extension or device that the tenant does not have; a device is taken for one
   *   as long as a node that may hold it cannot be asked; NotEndedAlone when others would go with the device
   */
  async kick(account: AuthContext, number: string, device?: string): Promise<ReceiptNode[]> {
    if (device !== undefined) await this.requireDevice(account, number, device);
    const works = await this.transactions.run(async (manager) => {
      await findExtension(manager, account, number);
      const user = { tenantId: account.tenantId, sipUser: number, sipDomain: account.domain };
      const change = {
        ...user,
        reason: 'unregistered',
        dropContacts: true,
        ...(device && { device }),
      } as const;
      const works = await this.revocations.record(manager, [change]);
      const changes = device === undefined ? {} : { device: { before: device, after: null } };
      const deed = { action: 'unregistered', resourceType: 'extension', resource: number, changes } as const;
      const revocations = idsByUser(works);
      await this.audit.record(manager, account.tenantId, account.actor, [{ ...deed, revocations }]);
      return works;
    });
    await this.revocations.carryOut(works, device === undefined ? undefined : KICK_DEADLINE_MS);
    return this.receipts.nodesOf(works.map(({ revocationId }) => revocationId));
  }

  /** @throws NotFound, NotEndedAlone */
  private async requireDevice(account: AuthContext, number: string, device: string): Promise<void> {
    if (!DEVICE_ID.test(device)) throw new NotFound();
    await findExtension(this.dataSource.manager, account, number);
    const asked = this.pool.nodes.map((node) => {
      const look = this.lookFor(node, number, account.domain, device);
      return withDeadline(
        look.catch(() => UNKNOWN),
        LOOK_DEADLINE_MS,
        () => UNKNOWN,
      );
    });
    const found = await Promise.all(asked);
    for (const { why } of found) if (why !== null) throw new NotEndedAlone(why);
    if (!found.some(({ mayHold }) => mayHold)) throw new NotFound();
  }

  /** @throws EslError when the node cannot be asked */
  private async lookFor(node: EslClient, number: string, domain: string, device: string): Promise<Found> {
    const asked = this.settings.sipProfiles.map((profile) =>
      this.registrations.read(node, profile, number, domain),
    );
    const rows = (await Promise.all(asked))
      .flat()
      .filter(({ profile, contact }) => deviceId(node.name, profile, contact) === device);
    for (const { profile, callId } of rows) {
      const shared = this.registrations.withCallId(node, profile, callId).length > 1;
      const why = await whyNotAlone(node, { profile, domain, callId }, shared);
      if (why !== null) return { mayHold: true, why };
    }
    return { mayHold: rows.length > 0, why: null };
  }
}

/** Whether a node holds a device, and why it cannot end that alone, in plain words; null: it can. */
interface Found {
  mayHold: boolean;
  why: string | null;
}

const UNKNOWN: Found = { mayHold: true, why: null };
