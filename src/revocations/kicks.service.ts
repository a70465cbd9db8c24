import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type AccountOf } from '../auth/account';
import { AuditService } from '../audit/audit.service';
import { withDeadline } from '../common/deadline';
import { NotFound } from '../common/errors';
import { Settings } from '../config/settings';
import { Transactions } from '../database/transactions';
import { findExtension } from '../extensions/extension-queries';
import { registrationsOf } from '../freeswitch/commands';
import { DEVICE_ID, deviceId } from '../freeswitch/device-id';
import { type EslClient } from '../freeswitch/esl-client';
import { NodePool } from '../freeswitch/node-pool';
import { type ReceiptNode, ReceiptsService } from './receipts.service';
import { RevocationsService } from './revocations.service';

/** How long the nodes are asked who holds a device, and then the kick may last; together below 2 s. */
const LOOK_DEADLINE_MS = 700;
const KICK_DEADLINE_MS = 1_200;

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
  ) {}

  /**
   * Drops the contacts of an extension, or of one of its devices.
   * @returns how far it is with each node; what is pending goes on
   * @throws NotFound for an extension or device that the tenant does not have; a device is taken for one
   *   as long as a node that may hold it cannot be asked
   */
  async kick(account: AccountOf, number: string, device?: string): Promise<ReceiptNode[]> {
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
      const revocations = works.map(({ revocationId }) => revocationId);
      await this.audit.record(manager, account.tenantId, account.actor, [{ ...deed, revocations }]);
      return works;
    });
    await this.revocations.carryOut(works, device === undefined ? undefined : KICK_DEADLINE_MS);
    return this.receipts.nodesOf(works.map(({ revocationId }) => revocationId));
  }

  private async requireDevice(account: AccountOf, number: string, device: string): Promise<void> {
    if (!DEVICE_ID.test(device)) throw new NotFound();
    await findExtension(this.dataSource.manager, account, number);
    const asked = this.pool.nodes.map((node) => this.devicesOn(node, number, account.domain));
    const known = Promise.all(asked).then((devices) => devices.flat().includes(device));
    if (
      !(await withDeadline(
        known.catch(() => true),
        LOOK_DEADLINE_MS,
        () => true,
      ))
    )
      throw new NotFound();
  }

  /** @throws EslError when the node cannot be asked */
  private async devicesOn(node: EslClient, number: string, domain: string): Promise<string[]> {
    const asked = this.settings.sipProfiles.map((profile) => registrationsOf(node, profile, number, domain));
    const rows = (await Promise.all(asked)).flat();
    return rows.map(({ profile, contact }) => deviceId(node.name, profile, contact));
  }
}
