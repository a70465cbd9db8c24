import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { withDeadline } from '../../core/deadline';
import { Recent } from '../../core/recent';
import { Settings } from '../../platform/config/settings';
import { type Prepared, prepared } from '../../platform/database/prepared';
import { AvailabilityMonitor } from '../../platform/availability-monitor';
import { DatabaseAway, isUnavailable } from '../../platform/database/unavailable';
import { type ExtensionChange, ExtensionChanges } from '../../events/extension-changes';
import { NOT_FOUND, type Xml } from '../../freeswitch/xml';
import { SipCredentials } from '../../platform/secrets/sip-credentials.service';
import { type Emergencies, emergencyNumbersOf } from '../../core/emergency-numbers';
import { groupXml } from './group-xml';
import { FallbackCache } from './fallback-cache';
import { type LookupResult } from './lookup-log';
import { type LookupRequest } from './lookup-request';
import { DOMAINS_SQL, GROUP_SQL, NUMBERS_SQL, USER_SQL } from './lookup-sql';
import { UnknownUserFilter } from './unknown-user-filter';
import { type DirectoryUser, mailboxXml, userXml } from './user-xml';

/**
 * How long a lookup may take. FreeSWITCH waits 2 s (freeswitch-conf), with its SIP profile stalled; an
 * answer that misses this is never sent, so none older can reach a node.
 */
export const LOOKUP_DEADLINE_MS = 1_500;

/** How long a database that hangs is waited for where its last answer is known. */
const KNOWN_DEADLINE_MS = 400;
/** For so long, and of so many, the last answer stands in for a database that is away. */
const MEMORY = { maxAgeMs: 12 * 3_600_000, users: 100_000, groups: 1_000 };
/** Answers that are kept as they were written, of some 3 KB each. */
const MOST_WRITTEN = 20_000;

/** The database did not say in time. */
export class LookupTooLate extends Error {
  readonly code = 'database_too_late';
}

/** What FreeSWITCH is told, and by whom: the database, or the memory of what it said last. */
export interface LookupAnswer {
  xml: Xml;
  result: Exclude<LookupResult, 'error'>;
  /** Why the memory had to answer. */
  because?: unknown;
}

type Asked<Kind> = Extract<LookupRequest, { kind: Kind }>;
/** What one row of the database answers. */
type AskedUser = Asked<'user' | 'mailbox'>;

const MISSING: LookupAnswer = { xml: NOT_FOUND, result: 'not_found' };

interface UserRow extends Emergencies {
  tenantId: number;
  maxLegs: number;
  a1: string;
  /** The hash that `a1` holds for the tenant's realm, from when it was opened first; not in the database. */
  opened?: string;
  displayName: string | null;
  voicemailEnabled: number | boolean;
  voicemailPin: string | null;
  voicemailEmail: string | null;
  mailbox: string;
  maxConcurrent: number;
  recordingMode: string;
  tlsEnabled: number | boolean;
  callerNumber: string | null;
  callerName: string | null;
}

/** Who may have a phone, in FreeSWITCH's words. */
@Injectable()
export class DirectoryService {
  private readonly logger = new Logger(DirectoryService.name);
  private readonly users: Prepared<UserRow>;
  private readonly members: Prepared<{ number: string }>;
  private readonly profiles: string[];
  private readonly lastUsers = new FallbackCache<UserRow>({ ...MEMORY, most: MEMORY.users });
  private readonly lastGroups = new FallbackCache<{ xml: Xml }>({ ...MEMORY, most: MEMORY.groups });
  /** Answers to users, each good as long as the row is the same; the A1 hash in them is not sealed. */
  private readonly written = new Recent<{ row: UserRow; xml: Xml }>(MOST_WRITTEN);
  private readonly misses: UnknownUserFilter;

  constructor(
    dataSource: DataSource,
    private readonly credentials: SipCredentials,
    private readonly settings: Settings,
    private readonly presence: AvailabilityMonitor,
    changes: ExtensionChanges,
  ) {
    this.users = prepared(dataSource, USER_SQL);
    this.members = prepared(dataSource, GROUP_SQL);
    this.profiles = settings.sipProfiles;
    const domains = namesOf(prepared(dataSource, DOMAINS_SQL));
    const numbers = namesOf(prepared(dataSource, NUMBERS_SQL));
    const report = (error: unknown): void => this.reportUnread(error);
    this.misses = new UnknownUserFilter({ domains, numbers }, { report });
    changes.onChange((change) => this.heard(change));
  }

  /**
   * The answer to a lookup, NOT_FOUND included; one query, none for a request that cannot be found or that
   * a scanner repeats. While the database is away, or hangs, what it said last; "not found" is never said
   * in its stead.
   * @throws LookupTooLate, DatabaseAway, a database error, CannotUnseal
   */
  async answer(request: LookupRequest): Promise<LookupAnswer> {
    if (request.kind === 'none') return MISSING;
    const key = keyOf(request);
    if (!this.presence.there) return this.remembered(request, key, new DatabaseAway());
    const isGroup = request.kind === 'group';
    const known = isGroup ? this.lastGroups.has(key) : this.lastUsers.has(key);
    const asked = isGroup ? this.group(request, key) : this.user(request, key);
    try {
      return await withDeadline(asked, known ? KNOWN_DEADLINE_MS : LOOKUP_DEADLINE_MS, () => {
        throw new LookupTooLate('The database did not answer a directory lookup in time.');
      });
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.presence.suspect();
      return { ...this.remembered(request, key, error), because: error };
    }
  }

  private async user(request: AskedUser, key: string): Promise<LookupAnswer> {
    const { number, domain } = request;
    if (this.misses.has(number, domain)) return MISSING;
    const asOf = this.lastUsers.version();
    const [row] = await this.users(number, domain);
    if (!row) {
      this.lastUsers.delete(key);
      this.written.delete(key);
      this.misses.missed(domain);
      return MISSING;
    }
    return this.told(request, this.lastUsers.set(key, row, asOf), 'found');
  }

  private async group({ group, domain }: Asked<'group'>, key: string): Promise<LookupAnswer> {
    const asOf = this.lastGroups.version();
    const rows = await this.members(group, domain);
    const numbers = rows.map((row) => row.number);
    if (numbers.length === 0) {
      this.lastGroups.delete(key);
      return MISSING;
    }
    const xml = groupXml(group, domain, numbers);
    this.lastGroups.set(key, { xml }, asOf);
    return { xml, result: 'found' };
  }

  /** @throws `otherwise` when nothing is remembered */
  private remembered(request: AskedUser | Asked<'group'>, key: string, otherwise: unknown): LookupAnswer {
    if (request.kind !== 'group') {
      const row = this.lastUsers.get(key);
      if (row) return this.told(request, row, 'remembered');
    } else {
      const known = this.lastGroups.get(key);
      if (known) return { xml: known.xml, result: 'remembered' };
    }
    throw otherwise;
  }

  private heard({ number, domain }: ExtensionChange): void {
    this.lastUsers.changed(`${number}@${domain}`);
    this.written.delete(`${number}@${domain}`);
    this.lastGroups.changedUnder(`${domain} `);
    this.misses.changed(number, domain);
  }

  private reportUnread(error: unknown): void {
    if (isUnavailable(error)) this.presence.suspect();
    else
      this.logger.error(
        { event: 'directory.names_read_failed', err: error },
        'the existing numbers could not be read',
      );
  }

  private told(request: AskedUser, row: UserRow, result: LookupAnswer['result']): LookupAnswer {
    if (request.kind === 'user' && row.tlsEnabled && request.unencrypted) return MISSING;
    const xml = this.xmlOf(request, row);
    return xml === null ? MISSING : { xml, result };
  }

  private xmlOf(request: AskedUser, row: UserRow): Xml | null {
    const isUsual = request.kind === 'user' && request.realm === request.domain;
    const key = keyOf(request);
    const written = isUsual ? this.written.touch(key) : undefined;
    if (written?.row === row) return written.xml;
    const user = this.userOf(request, row);
    if (user === null) return null;
    if (request.kind === 'mailbox') return request.mailbox === row.mailbox ? mailboxXml(user) : null;
    const xml = userXml(user, this.settings.DIRECTORY_CACHE_MS);
    if (written) Object.assign(written, { row, xml });
    else if (isUsual) this.written.add(key, { row, xml });
    return xml;
  }

  /** Null when no hash is known in the realm. */
  private userOf(request: AskedUser, row: UserRow): DirectoryUser | null {
    const { number, domain } = request;
    const realm = request.kind === 'user' ? request.realm : domain;
    const identity = { tenantId: row.tenantId, number };
    const a1 =
      realm === domain
        ? (row.opened ??= this.credentials.openA1(row.a1, identity))
        : this.credentials.openAnonymousA1(row.a1, identity);
    if (a1 === null) return null;
    return {
      number,
      domain,
      realm,
      a1,
      displayName: row.displayName,
      voicemailEnabled: Boolean(row.voicemailEnabled),
      voicemailPin: row.voicemailPin === null ? null : this.credentials.openPin(row.voicemailPin, identity),
      voicemailEmail: row.voicemailEmail,
      mailbox: row.mailbox,
      outboundCallerId:
        row.callerNumber === null ? null : { number: row.callerNumber, displayName: row.callerName },
      maxConcurrent: row.maxConcurrent,
      maxLegs: row.maxLegs,
      recordingMode: row.recordingMode,
      emergencyNumbers: emergencyNumbersOf(row),
      tlsOnly: Boolean(row.tlsEnabled),
      profiles: this.profiles,
    };
  }
}

/** Group names may hold anything; domains hold neither @ nor spaces. */
function keyOf(request: AskedUser | Asked<'group'>): string {
  return request.kind === 'group'
    ? `${request.domain} ${request.group}`
    : `${request.number}@${request.domain}`;
}

function namesOf(query: Prepared<{ name: string }>): (...parameters: string[]) => Promise<string[]> {
  return async (...parameters) => (await query(...parameters)).map(({ name }) => name);
}
