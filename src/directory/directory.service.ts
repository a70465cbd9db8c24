import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { withDeadline } from '../common/deadline';
import { Settings } from '../config/settings';
import { type Prepared, prepared } from '../database/prepared';
import { NOT_FOUND, type Xml } from '../freeswitch/xml';
import { SipCredentials } from '../sip-credentials/sip-credentials.service';
import { groupXml } from './group-xml';
import { type LookupRequest } from './lookup-request';
import { GROUP_SQL, USER_SQL } from './lookup-sql';
import { userXml } from './user-xml';

/**
 * How long a lookup may take. FreeSWITCH waits 2 s (freeswitch-conf), with its SIP profile stalled; an
 * answer that misses this is never sent, so none older can reach a node.
 */
export const LOOKUP_DEADLINE_MS = 1_500;

/** The database did not say in time. */
export class LookupTooLate extends Error {
  readonly code = 'lookup_too_late';
}

interface UserRow {
  tenantId: number;
  a1: string;
  displayName: string | null;
  voicemailEnabled: number | boolean;
  voicemailPin: string | null;
  maxConcurrent: number;
  recordingMode: string;
  callerNumber: string | null;
  callerName: string | null;
}

/** Who may have a phone, in FreeSWITCH's words. */
@Injectable()
export class DirectoryService {
  private readonly users: Prepared<UserRow>;
  private readonly members: Prepared<{ number: string }>;
  private readonly profiles: string[];

  constructor(
    dataSource: DataSource,
    private readonly credentials: SipCredentials,
    private readonly settings: Settings,
  ) {
    this.users = prepared(dataSource, USER_SQL);
    this.members = prepared(dataSource, GROUP_SQL);
    this.profiles = settings.sipProfiles;
  }

  /**
   * The answer to a lookup, NOT_FOUND included; one query, none for a request that cannot be found.
   * @throws LookupTooLate, a database error, CannotUnseal
   */
  async answer(request: LookupRequest): Promise<Xml> {
    if (request.kind === 'none') return NOT_FOUND;
    const found = request.kind === 'user' ? this.user(request) : this.group(request);
    return withDeadline(found, LOOKUP_DEADLINE_MS, () => {
      throw new LookupTooLate('The database did not answer a directory lookup in time.');
    });
  }

  private async user({ number, domain }: { number: string; domain: string }): Promise<Xml> {
    const [row] = await this.users(number, domain);
    if (!row) return NOT_FOUND;
    const identity = { tenantId: row.tenantId, number };
    return userXml(
      {
        number,
        domain,
        a1: this.credentials.openA1(row.a1, identity),
        displayName: row.displayName,
        voicemailEnabled: Boolean(row.voicemailEnabled),
        voicemailPin: row.voicemailPin === null ? null : this.credentials.openPin(row.voicemailPin, identity),
        outboundCallerId:
          row.callerNumber === null ? null : { number: row.callerNumber, displayName: row.callerName },
        maxConcurrent: row.maxConcurrent,
        recordingMode: row.recordingMode,
        profiles: this.profiles,
      },
      this.settings.DIRECTORY_CACHE_MS,
    );
  }

  private async group({ group, domain }: { group: string; domain: string }): Promise<Xml> {
    const rows = await this.members(group, domain);
    const numbers = rows.map((row) => row.number);
    return numbers.length === 0 ? NOT_FOUND : groupXml(group, domain, numbers);
  }
}
