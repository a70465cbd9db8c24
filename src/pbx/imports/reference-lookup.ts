import { type EntityManager, In } from 'typeorm';
import { type AuthContext } from '../../accounts/auth-context';
import { CallerId } from '../../schema/caller-id.entity';
import { canonicalNumber, PHONE_NUMBER } from '../caller-ids/phone-number';
import { Extension } from '../../schema/extension.entity';
import { Team } from '../../schema/team.entity';
import { emergencyNumbersOf } from '../../core/emergency-numbers';
import { type Tenant } from '../../schema/tenant.entity';
import { type Candidate } from './import-row';
import { type References } from './row-validator';

type Account = Pick<AuthContext, 'tenantId' | 'countryCode'>;

/** What the database says about rows, asked for many rows at a time. */
export class DatabaseReferences implements References {
  live = new Map<string, Extension>();
  readonly teams = new Set<number>();
  readonly callerIds = new Map<string, number>();
  /** For how many more extensions there is room; counted down by who makes some. */
  room = Infinity;
  private readonly askedTeams = new Set<number>();
  private readonly askedCallerIds = new Set<string>();

  private constructor(
    private readonly manager: EntityManager,
    private readonly tenantId: number,
    readonly countryCode: string,
    readonly maxExtensions: number | null,
    readonly emergencyNumbers: readonly string[],
    readonly refuseWeakPasswords: boolean,
  ) {}

  static async of(
    manager: EntityManager,
    { tenantId, countryCode }: Account,
    tenant: Tenant,
  ): Promise<DatabaseReferences> {
    const { maxExtensions } = tenant;
    const around = new DatabaseReferences(
      manager,
      tenantId,
      countryCode,
      maxExtensions,
      emergencyNumbersOf(tenant),
      tenant.refuseWeakPasswords,
    );
    if (maxExtensions === null) return around;
    const live = await manager
      .createQueryBuilder(Extension, 'e')
      .where('e.tenant_id = :tenantId AND e.live_number IS NOT NULL', { tenantId })
      .getCount();
    around.room = maxExtensions - live;
    return around;
  }

  /** Reads what these rows need; of the extensions, theirs take the place of those before. */
  async preload(candidates: readonly Candidate[]): Promise<void> {
    const numbers = candidates.flatMap(({ number }) => number ?? []);
    const found =
      numbers.length === 0
        ? []
        : await this.manager.findBy(Extension, { tenantId: this.tenantId, liveNumber: In(numbers) });
    this.live = new Map(found.map((extension) => [extension.extensionNumber, extension]));
    await this.lookForTeams(candidates);
    await this.lookForCallerIds(candidates);
  }

  private async lookForTeams(candidates: readonly Candidate[]): Promise<void> {
    const sent = candidates.map(({ row }) => row.given.teamId);
    const ids = unasked(
      this.askedTeams,
      sent.filter((id): id is number => Number.isInteger(id)),
    );
    if (ids.length === 0) return;
    const found = await this.manager.findBy(Team, { tenantId: this.tenantId, id: In(ids) });
    for (const { id } of found) this.teams.add(id);
  }

  private async lookForCallerIds(candidates: readonly Candidate[]): Promise<void> {
    const sent = candidates.map(({ row }) => row.given.outboundCallerId);
    const numbers = sent.flatMap((number) =>
      typeof number === 'string' && PHONE_NUMBER.test(number)
        ? canonicalNumber(number, this.countryCode)
        : [],
    );
    const canonical = unasked(this.askedCallerIds, numbers);
    if (canonical.length === 0) return;
    const found = await this.manager.findBy(CallerId, {
      tenantId: this.tenantId,
      canonicalNumber: In(canonical),
      status: 'active',
    });
    for (const { canonicalNumber: number, id } of found) this.callerIds.set(number, id);
  }
}

/** Those that were not asked for yet, each once; from now on they were. */
function unasked<T>(asked: Set<T>, all: readonly T[]): T[] {
  const news = [...new Set(all)].filter((each) => !asked.has(each));
  for (const each of news) asked.add(each);
  return news;
}
