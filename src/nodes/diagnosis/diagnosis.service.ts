import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type AuthContext } from '../../accounts/auth-context';
import { NotFound } from '../../core/errors';
import { Settings } from '../../platform/config/settings';
import { LookupLog } from '../directory/lookup-log';
import { ExtensionChanges } from '../../events/extension-changes';
import { EXTENSION_NUMBER } from '../../core/extension-number';
import { liveOrDeleted } from '../../accounts/scope/extension-queries';
import { type EslEvent } from '../../freeswitch/esl-client';
import { NodePool } from '../../freeswitch/node-pool';
import {
  readAcceptedRegister,
  readAttempt,
  readEnding,
  readFailure,
  readRegister,
} from '../../freeswitch/sofia-events';
import { ContactEndings } from '../registrations/state/contact-endings.service';
import { previousPassword } from '../registrations/state/previous-password';
import { RegistrationsService } from '../registrations/state/registrations.service';
import { Tenant } from '../../schema/tenant.entity';
import { type Facts } from './facts';
import { countsSince, MOST_DOMAINS, seenSince, EvidenceStore } from './evidence-store';

/** Remembers what nodes asked and phones tried, and joins it with what else is known of an extension. */
@Injectable()
export class DiagnosisService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(DiagnosisService.name);
  private readonly seen = new EvidenceStore(Date.now());
  private readonly ends: (() => unknown)[] = [];

  constructor(
    private readonly dataSource: DataSource,
    private readonly pool: NodePool,
    private readonly lookups: LookupLog,
    private readonly changes: ExtensionChanges,
    private readonly registrations: RegistrationsService,
    private readonly endings: ContactEndings,
    private readonly settings: Settings,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.ends.push(
      this.lookups.onLookup((lookup) => this.seen.lookedUp(lookup, Date.now())),
      this.changes.onChange((change) => this.seen.changed(change, Date.now())),
      this.endings.onEnd((contact) => this.seen.ended(contact, Date.now())),
      this.pool.follow((node) => node.onEvent((event) => this.hear(node.name, event))),
    );
    await this.knowDomains();
  }

  onApplicationShutdown(): void {
    for (const end of this.ends) end();
  }

  /** @throws NotFound for what can be nobody's number, and for one that the account does not see */
  async factsOf(account: AuthContext, number: string): Promise<Facts> {
    if (!EXTENSION_NUMBER.test(number)) throw new NotFound();
    const { domain } = account;
    const extension = await liveOrDeleted(this.dataSource.manager, account, number);
    // Who sees but some of the extensions is told nothing of a number that is none of them.
    if (!extension && account.scope.kind !== 'all') throw new NotFound();
    const view = this.registrations.view(number, domain);
    const now = Date.now();
    return {
      number,
      domain,
      extension: extension && { ...extension, tenantStatus: extension.tenant?.status ?? 'active' },
      passwordChangedAt: extension?.passwordChangedAt ?? null,
      previousPassword: extension
        ? view.devices.map(await previousPassword(this.dataSource.manager, extension)).includes(true)
        : false,
      cacheMs: this.settings.DIRECTORY_CACHE_MS,
      now,
      view,
      seen: extension
        ? seenSince(this.seen.know(number, domain, now), extension.liveSince)
        : this.seen.nobody(),
      unknownNumbers: countsSince(this.seen.knowDomain(domain), extension?.tenant?.createdAt ?? null),
      unknownDomains: this.seen.unknownDomains,
    };
  }

  private hear(node: string, event: EslEvent): void {
    const now = Date.now();
    const attempt = readAttempt(event);
    if (attempt) return this.seen.attempted(node, attempt, now);
    const failure = readFailure(event);
    if (failure) return this.seen.failed(node, failure, now);
    const accepted = readAcceptedRegister(event);
    if (accepted) this.seen.accepted(node, accepted, now);
    const register = readRegister(event);
    if (register) return this.seen.registered(register.user, register.domain, now);
    const ending = readEnding(event);
    if (ending) this.seen.left(ending.user, ending.domain, ending.how, now);
  }

  /** So that a number that does not exist is counted where it was asked for, from the start. */
  private async knowDomains(): Promise<void> {
    try {
      const found = { select: { domain: true }, order: { id: 'DESC' as const }, take: MOST_DOMAINS };
      const tenants = await this.dataSource.manager.find(Tenant, found);
      for (const { domain } of tenants) this.seen.knowDomain(domain);
    } catch (error) {
      this.logger.warn(
        { event: 'diagnosis.domains_read_failed', err: error },
        'the domains could not be read; each becomes known with its first lookup',
      );
    }
  }
}
