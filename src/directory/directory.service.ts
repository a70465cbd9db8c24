import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { withDeadline } from '../common/deadline';
import { Settings } from '../config/settings';
import { type Prepared, prepared } from '../database/prepared';
import { NOT_FOUND, type Xml } from '../freeswitch/xml';
import { SipCredentials } from '../sip-credentials/sip-credentials.service';
import { groupXml } from './group-xml';
import { type LookupRequest } from './lookup-request';
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

// Prepared, not built: this is the path that every REGISTER and call waits for.
const USER_SQL = `
  SELECT t.id AS tenantId, e.a1 AS a1, e.display_name AS displayName,
    e.voicemail_enabled AS voicemailEnabled, e.voicemail_pin AS voicemailPin,
    e.max_concurrent AS maxConcurrent, e.recording_mode AS recordingMode,
    c.number AS callerNumber, c.display_name AS callerName
  FROM tenants t
  JOIN extensions e ON e.tenant_id = t.id AND e.live_number = ? AND e.status = 'active'
  LEFT JOIN caller_ids c ON c.id = e.outbound_caller_id_id AND c.status = 'active'
  WHERE t.domain = ? AND t.status = 'active'`;

const GROUP_SQL = `
  SELECT e.live_number AS number
  FROM tenants t
  JOIN teams g ON g.tenant_id = t.id AND g.name = ?
  JOIN extensions e ON e.team_id = g.id AND e.live_number IS NOT NULL AND e.status = 'active'
  WHERE t.domain = ? AND t.status = 'active'
  ORDER BY e.live_number`;

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
