import { type ExtensionField } from '../../schema/extension-fields';
import { NAMES_PER_PAGE } from './unknown-user-filter';

/** What a lookup selects for each field of an extension; nothing for one that it asks by, or that FreeSWITCH has no use for. */
const SELECTED: Readonly<Record<ExtensionField, readonly string[]>> = {
  extensionNumber: [],
  displayName: ['e.display_name AS displayName'],
  teamId: [],
  voicemailEnabled: ['e.voicemail_enabled AS voicemailEnabled', 'e.mailbox AS mailbox'],
  voicemailPin: ['e.voicemail_pin AS voicemailPin'],
  voicemailEmail: ['e.voicemail_email AS voicemailEmail'],
  outboundCallerId: [
    'COALESCE(c.number, d.number) AS callerNumber',
    'CASE WHEN c.id IS NULL THEN d.display_name ELSE c.display_name END AS callerName',
  ],
  recordingMode: ['e.recording_mode AS recordingMode'],
  status: [],
  maxConcurrent: ['e.max_concurrent AS maxConcurrent'],
  tlsEnabled: ['e.tls_enabled AS tlsEnabled'],
  sipPassword: ['e.a1 AS a1'],
};

/**
 * A user who may have a phone, with its active caller ID or else its tenant's: number and domain. The path
 * that every REGISTER and call waits for.
 */
export const USER_SQL = `
  SELECT t.id AS tenantId, t.max_legs AS maxLegs, t.country_code AS countryCode,
    t.emergency_numbers AS emergencyNumbers, ${Object.values(SELECTED).flat().join(', ')}
  FROM tenants t
  JOIN extensions e ON e.tenant_id = t.id AND e.live_number = ? AND e.status = 'active'
  LEFT JOIN caller_ids c ON c.id = e.outbound_caller_id_id AND c.status = 'active'
  LEFT JOIN caller_ids d ON d.id = t.default_caller_id_id AND d.status = 'active'
  WHERE t.domain = ? AND t.status = 'active'`;

/** The numbers of a team's members: team and domain. */
export const GROUP_SQL = `
  SELECT e.live_number AS number
  FROM tenants t
  JOIN teams g ON g.tenant_id = t.id AND g.name = ?
  JOIN extensions e ON e.team_id = g.id AND e.live_number IS NOT NULL AND e.status = 'active'
  WHERE t.domain = ? AND t.status = 'active'
  ORDER BY e.live_number`;

/** The domains of active tenants, those after the one given. */
export const DOMAINS_SQL = `
  SELECT domain AS name FROM tenants
  WHERE domain > ? AND status = 'active'
  ORDER BY domain LIMIT ${NAMES_PER_PAGE}`;

/**
 * The live numbers of a tenant, of disabled extensions too: domain, and the number after which to begin.
 * Read out of the index alone.
 */
export const NUMBERS_SQL = `
  SELECT e.live_number AS name
  FROM tenants t
  JOIN extensions e ON e.tenant_id = t.id
  WHERE t.domain = ? AND t.status = 'active' AND e.live_number > ?
  ORDER BY e.live_number LIMIT ${NAMES_PER_PAGE}`;
