import type { Pair } from './directory-xml';
import { ampEncode, urlEncode } from './encoding';

/** One row of a profile's own table. */
export interface Row {
  callId: string;
  user: string;
  host: string;
  /** With its display name and angle brackets. */
  contact: string;
  agent: string;
  /** Unix time in seconds. */
  expires: number;
  networkIp: string;
  networkPort: string;
  authUser: string;
  authRealm: string;
  /** Such as `Registered(UDP)`; that when absent. */
  status?: string;
  /** What became of the last OPTIONS; absent before the first. */
  ping?: { reachable: boolean; ms: number };
  /** What the user's directory entry adds to the events about it. */
  extra: Pair[];
}

const DROPPED = (row: Row): Pair[] => [
  ['call-id', row.callId],
  ['user', row.user],
  ['username', row.user],
  ['host', row.host],
  ['contact', row.contact],
  ['expires', String(row.expires)],
  ['user-agent', row.agent],
  ['realm', row.authRealm],
  ['network-ip', row.networkIp],
  ['network-port', row.networkPort],
];

/** The headers of `sofia::expire` for a row that is gone. */
export const expireHeaders = (profile: string, row: Row): Pair[] => [
  ['profile-name', profile],
  ...DROPPED(row),
];

/** What `user U@D`, `user D` and `U@` select. */
export function selects(account: string): (row: Row) => boolean {
  const at = account.indexOf('@');
  const user = at === -1 ? '' : account.slice(0, at);
  const host = account.slice(at + 1);
  return (row) => (user === '' || row.user === user) && (host === '' || row.host === host);
}

/** The answer to `sofia xmlstatus profile P`, the most of it left out. */
export function xmlProfile(profile: string, registrations: number): string {
  return [
    '<?xml version="1.0" encoding="ISO-8859-1"?>',
    '<profile>',
    '  <profile-info>',
    `    <name>${profile}</name>`,
    '    <domain-name>N/A</domain-name>',
    '    <calls-in>0</calls-in>',
    `    <registrations>${registrations}</registrations>`,
    '  </profile-info>',
    '</profile>',
    '',
  ].join('\n');
}

/** The answer to `sofia xmlstatus profile P reg` and `… user U@D`. */
export function xmlStatus(rows: Row[], switchname: string, nowMs: number): string {
  const now = Math.floor(nowMs / 1000);
  return [
    '<?xml version="1.0" encoding="ISO-8859-1"?>',
    '<profile>',
    '  <registrations>',
    ...rows.map((row) => xmlRow(row, switchname, now)),
    '  </registrations>',
    '</profile>',
    '',
  ].join('\n');
}

function xmlRow(row: Row, switchname: string, now: number): string {
  const expires = new Date(row.expires * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const fields: Pair[] = [
    // Call-ID, user and realm stand there unescaped, as FreeSWITCH writes them.
    ['call-id', row.callId],
    ['user', `${row.user}@${row.host}`],
    ['contact', ampEncode(row.contact)],
    ['agent', ampEncode(row.agent)],
    ['status', `${row.status ?? 'Registered(UDP)'}(unknown) exp(${expires}) expsecs(${row.expires - now})`],
    ['ping-status', row.ping?.reachable === false ? 'Unreachable' : 'Reachable'],
    ['ping-time', (row.ping?.ms ?? 0).toFixed(2)],
    ['host', switchname],
    ['network-ip', row.networkIp],
    ['network-port', row.networkPort],
    ['sip-auth-user', urlEncode(row.authUser)],
    ['sip-auth-realm', row.authRealm],
    ['mwi-account', `${row.user}@${row.host}`],
  ];
  const lines = fields.map(([name, value]) => `        <${name}>${value}</${name}>`);
  return ['    <registration>', ...lines, '    </registration>'].join('\n');
}

/** The answer to `show registrations as json`. */
export function showJson(rows: { profile: string; row: Row }[], switchname: string): string {
  if (rows.length === 0) return '{"row_count": 0}\n';
  return JSON.stringify({
    row_count: rows.length,
    rows: rows.map(({ profile, row }) => ({
      reg_user: row.user,
      realm: row.host,
      token: row.callId,
      url: dialString(profile, row),
      expires: String(row.expires),
      network_ip: row.networkIp,
      network_port: row.networkPort,
      network_proto: 'udp',
      hostname: switchname,
      metadata: '',
    })),
  });
}

/** Such as `sofia/internal/sip:1001@127.0.0.1:6001;transport=UDP`. */
export const dialString = (profile: string, row: Row): string =>
  `sofia/${profile}/${/<([^>]*)>/.exec(row.contact)?.[1] ?? row.contact}`;
