import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In, IsNull, Not } from 'typeorm';
import { type Actor } from '../../core/actor';
import { AuditService, type AuditEvent } from '../../events/audit/audit.service';
import { changesBetween, type Fields } from '../../events/audit/changes';
import { counted } from '../../core/counted';
import { Conflict, FieldInvalid, NotFound } from '../../core/errors';
import { requireMatch } from '../../core/etag';
import { type RowRange } from '../../core/page';
import { likePattern } from '../../platform/database/like-pattern';
import { now } from '../../core/time';
import { rejectDuplicate } from '../../platform/database/unique-violation';
import { Extension } from '../../schema/extension.entity';
import { detachFromDeleted } from '../extensions/detach-from-deleted';
import {
  UserChangeTransaction,
  type RecordRevocations,
} from '../../nodes/revocations/user-change-transaction';
import { Tenant } from '../../schema/tenant.entity';
import { lockTenant } from '../../accounts/tenants/tenants.service';
import { CallerId } from '../../schema/caller-id.entity';
import { type CallerIdFilter, type CallerIdPatch } from './caller-id-input';
import { defaultChangedEvent, moveDefault } from './default-caller-id';
import { type NewCallerId, refuseTaken, rowOf } from './new-caller-id';
import { asWritten, canonicalBeginning, canonicalNumber, isPhoneNumber, PHONE_NUMBER } from './phone-number';
import { affectedExtensions } from './affected-extensions';

/** Whose caller IDs they are. */
export type CallerIdOwner = Pick<Tenant, 'id' | 'domain' | 'countryCode'>;

/** A caller ID, and whether the tenant's extensions without an active one of their own present it. */
export interface KnownCallerId {
  callerId: CallerId;
  isDefault: boolean;
}

const ROWS_PER_STATEMENT = 100;

/**
 * The numbers that tenants may show outside. What nodes must forget of up to 1,000 extensions, they have
 * forgotten when these resolve (see presenters.ts).
 */
@Injectable()
export class CallerIdsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly users: UserChangeTransaction,
    private readonly audit: AuditService,
  ) {}

  /** The caller IDs of a tenant by number, active ones unless told otherwise, and how many there are. */
  list(
    { id: tenantId, countryCode }: CallerIdOwner,
    { status, search }: CallerIdFilter,
    { skip, take }: RowRange,
  ): Promise<[CallerId[], number]> {
    const list = this.dataSource.createQueryBuilder(CallerId, 'c').where({ tenantId });
    if (status !== 'all') list.andWhere({ status: status ?? 'active' });
    if (search) {
      const beginning = canonicalBeginning(search, countryCode);
      const same = beginning === null ? '' : 'OR c.canonical_number LIKE :beginning';
      list.andWhere(
        `(c.number LIKE :pattern ESCAPE '!' OR c.display_name LIKE :pattern ESCAPE '!' ${same})`,
        {
          pattern: likePattern(search),
          ...(beginning !== null && { beginning: `${beginning}%` }),
        },
      );
    }
    return list.orderBy('c.number').addOrderBy('c.id').skip(skip).take(take).getManyAndCount();
  }

  /** @param number in any way to write it. @throws NotFound */
  async detail(owner: CallerIdOwner, number: string): Promise<KnownCallerId> {
    const { manager } = this.dataSource;
    const callerId = await findCallerId(manager, owner, number);
    const isDefault = await manager.existsBy(Tenant, { id: owner.id, defaultCallerIdId: callerId.id });
    return { callerId, isDefault };
  }

  /** @throws FieldInvalid for a number that is none, or is taken */
  async create(owner: CallerIdOwner, given: NewCallerId, actor: Actor): Promise<CallerId> {
    if (!isPhoneNumber(given.number, owner.countryCode)) {
      throw new FieldInvalid({ field: 'number', code: 'malformed' });
    }
    const [created] = await rejectDuplicate('number', () =>
      this.users.run((manager, forget) => this.insert(manager, forget, owner, [given], actor)),
    );
    return created!;
  }

  /**
   * Makes all or none.
   * @param given numbers that are some; one at most is the default
   * @throws FieldInvalid naming each that is taken, or comes twice, by its place, as in `callerIds.3.number`
   */
  async import(owner: CallerIdOwner, given: readonly NewCallerId[], actor: Actor): Promise<void> {
    await this.users.run(async (manager, forget) => {
      await lockTenant(manager, owner.id);
      const numbers = given.map(({ number }) => canonicalNumber(number, owner.countryCode));
      refuseTaken(numbers, await takenAmong(manager, owner.id, numbers));
      await this.insert(manager, forget, owner, given, actor);
    });
  }

  private async insert(
    manager: EntityManager,
    forget: RecordRevocations,
    owner: CallerIdOwner,
    given: readonly NewCallerId[],
    actor: Actor,
  ): Promise<CallerId[]> {
    const tenant = await lockTenant(manager, owner.id);
    const rows = given.map((each) => manager.create(CallerId, rowOf(owner, each)));
    await manager.save(rows, { chunk: ROWS_PER_STATEMENT });
    const byDefault = rows.find((_, place) => given[place]?.isDefault === true);
    const moved = byDefault ? await moveDefault(manager, tenant, byDefault) : [];
    const told = byDefault
      ? await affectedExtensions(manager, owner, { having: null, withoutOwn: true })
      : [];
    const revocations = await forget(told);
    const made = rows.map((callerId) => {
      const isDefault = callerId === byDefault;
      const of = deed('created', callerId, null, callerIdFields({ callerId, isDefault }));
      return isDefault ? { ...of, revocations } : of;
    });
    await this.audit.record(manager, owner.id, actor, [...made, ...moved]);
    return rows;
  }

  /**
   * @param number in any way to write it
   * @param ifMatch the If-Match header
   * @throws NotFound, FieldInvalid, PreconditionFailed
   */
  update(
    owner: CallerIdOwner,
    number: string,
    given: CallerIdPatch,
    actor: Actor,
    ifMatch?: string,
  ): Promise<KnownCallerId> {
    return this.users.run(async (manager, forget) => {
      const tenant = await lockTenant(manager, owner.id);
      const callerId = await findCallerId(manager, owner, number);
      const was = { callerId, isDefault: tenant.defaultCallerIdId === callerId.id };
      const before = callerIdFields(was);
      requireMatch(ifMatch, before);
      apply(given, callerId, owner);
      const is = { callerId, isDefault: given.isDefault ?? was.isDefault };
      if (given.isDefault && !was.isDefault) requireActive(callerId);
      const changes = changesBetween(before, callerIdFields(is));
      if (Object.keys(changes).length === 0) return was;
      callerId.updatedAt = now();
      await manager.save(callerId);
      const moves = 'is_default' in changes;
      const moved = moves ? await moveDefault(manager, tenant, is.isDefault ? callerId : null) : [];
      const shows = 'status' in changes || ('display_name' in changes && callerId.status === 'active');
      const having = shows ? callerId.id : null;
      const withoutOwn = moves || (shows && is.isDefault);
      const revocations = await forget(await affectedExtensions(manager, owner, { having, withoutOwn }));
      const own = { ...deed('updated', callerId, before, callerIdFields(is)), revocations };
      await this.audit.record(manager, owner.id, actor, is.isDefault ? [own, ...moved] : [own]);
      return is;
    });
  }

  /**
   * Deleted extensions that had it have none when they are restored.
   * @throws NotFound, PreconditionFailed; Conflict while an extension, or the tenant, presents it
   */
  async delete(owner: CallerIdOwner, number: string, actor: Actor, ifMatch?: string): Promise<void> {
    await this.users.run(async (manager) => {
      const tenant = await lockTenant(manager, owner.id);
      const callerId = await findCallerId(manager, owner, number);
      const isDefault = tenant.defaultCallerIdId === callerId.id;
      const fields = callerIdFields({ callerId, isDefault });
      requireMatch(ifMatch, fields);
      const having = { tenantId: owner.id, outboundCallerIdId: callerId.id };
      const live = await manager.countBy(Extension, { ...having, liveNumber: Not(IsNull()) });
      if (live > 0) throw new Conflict(`The caller ID is used by ${counted(live, 'extension')}.`);
      if (isDefault) throw new Conflict('The caller ID is the default caller ID of the account.');
      const nothing = { outboundCallerIdId: null, outboundCallerIdAsSent: null };
      const taken = await detachFromDeleted(manager, having, nothing);
      await manager.delete(CallerId, { id: callerId.id });
      await this.audit.record(manager, owner.id, actor, [deed('deleted', callerId, fields, null), ...taken]);
    });
  }

  /**
   * Extensions of the tenant without an active caller ID present this one from now on.
   * @param number of an active caller ID of the tenant, however written; null: they present none
   * @throws FieldInvalid
   */
  setDefault(owner: CallerIdOwner, number: string | null, actor: Actor): Promise<CallerId | null> {
    return this.users.run(async (manager, forget) => {
      const tenant = await lockTenant(manager, owner.id);
      const { id: tenantId, countryCode } = owner;
      const callerId =
        number === null ? null : await findActiveCallerId(manager, { tenantId, countryCode }, number);
      if (number !== null && !callerId) throw new FieldInvalid({ field: 'number', code: 'not_found' });
      if (tenant.defaultCallerIdId === (callerId?.id ?? null)) return callerId;
      const moved = await moveDefault(manager, tenant, callerId);
      const revocations = await forget(
        await affectedExtensions(manager, owner, { having: null, withoutOwn: true }),
      );
      const own = callerId ? [defaultChangedEvent(callerId, true)] : [];
      const deeds = [...own, ...moved].map((each) => ({ ...each, revocations }));
      await this.audit.record(manager, tenantId, actor, deeds);
      return callerId;
    });
  }
}

/** What is told of a caller ID in the audit, and makes its ETag. */
export function callerIdFields({ callerId, isDefault }: KnownCallerId): Record<string, unknown> {
  return {
    number: callerId.number,
    display_name: callerId.displayName,
    carrier: callerId.carrier,
    cli_type: callerId.cliType,
    status: callerId.status,
    is_default: isDefault,
  };
}

/** The active caller ID that `number` is another way to write of, or null. */
export async function findActiveCallerId(
  manager: EntityManager,
  { tenantId, countryCode }: { tenantId: number; countryCode: string },
  number: string,
): Promise<CallerId | null> {
  if (!PHONE_NUMBER.test(number)) return null;
  const canonical = canonicalNumber(number, countryCode);
  return manager.findOneBy(CallerId, { tenantId, canonicalNumber: canonical, status: 'active' });
}

/** @throws NotFound also for what can be no number */
async function findCallerId(manager: EntityManager, owner: CallerIdOwner, number: string): Promise<CallerId> {
  if (!PHONE_NUMBER.test(number)) throw new NotFound();
  const canonical = canonicalNumber(number, owner.countryCode);
  const written = asWritten(number);
  const found = await manager.findBy(CallerId, {
    tenantId: owner.id,
    canonicalNumber: In([canonical, written]),
  });
  const callerId = found.find((each) => each.canonicalNumber === written) ?? found[0];
  if (!callerId) throw new NotFound();
  return callerId;
}

async function takenAmong(
  manager: EntityManager,
  tenantId: number,
  canonicalNumbers: string[],
): Promise<Set<string>> {
  const rows = await manager.find(CallerId, {
    select: { canonicalNumber: true },
    where: { tenantId, canonicalNumber: In(canonicalNumbers) },
  });
  return new Set(rows.map((row) => row.canonicalNumber));
}

function apply(given: CallerIdPatch, callerId: CallerId, { countryCode }: CallerIdOwner): void {
  refuseRenumbering(given, callerId, countryCode);
  if (given.displayName !== undefined) callerId.displayName = given.displayName;
  if (given.carrier !== undefined) callerId.carrier = given.carrier;
  if (given.cliType !== undefined) callerId.cliType = given.cliType;
  if (given.status !== undefined) callerId.status = given.status;
}

function refuseRenumbering({ number }: CallerIdPatch, callerId: CallerId, countryCode: string): void {
  if (number === undefined) return;
  const same =
    typeof number === 'string' && canonicalNumber(number, countryCode) === callerId.canonicalNumber;
  if (!same) throw new FieldInvalid({ field: 'number', code: 'unchangeable' });
}

function requireActive({ status }: CallerId): void {
  if (status === 'active') return;
  throw new FieldInvalid({ field: 'isDefault', code: 'inactive_caller_id' });
}

function deed(
  action: 'created' | 'updated' | 'deleted',
  { number }: CallerId,
  before: Fields | null,
  after: Fields | null,
): AuditEvent {
  return { action, resourceType: 'caller_id', resource: number, changes: changesBetween(before, after) };
}
