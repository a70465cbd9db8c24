/** One contact of a user, as a sofia profile holds it. */
export interface Registration {
  profile: string;
  /** `user@domain`. */
  user: string;
  callId: string;
  /** The Contact header: an optional display name and `<sip:…>`. */
  contact: string;
  /** The User-Agent header. */
  agent: string;
  /** Such as `Registered(UDP)`. */
  status: string;
  /** A minute more than the phone asked for; not above 0 for a row that is yet to be cleared away. */
  expiresInSeconds: number;
  pingStatus: string;
  /** The FreeSWITCH host that holds it. */
  host: string;
  networkIp: string;
  networkPort: number;
  /** Who the phone proved to be; `user` is only the name it is filed under. */
  authUser: string;
  authRealm: string;
}

const FIELD = /^<([a-z-]+)>(.*)<\/\1>$/;
const STATUS = /^(.*)\(.*\) exp\(.*\) expsecs\((-?\d+)\)$/;
const HEAD = ['<?xml version="1.0" encoding="ISO-8859-1"?>', '<profile>', '<registrations>'];
const FOOT = ['</registrations>', '</profile>'];

/**
 * Reads the answer to `sofia xmlstatus profile P user U@D` line by line, for it is not always XML.
 * FreeSWITCH fact: it writes a phone's Call-ID unescaped, and SIP lets a Call-ID hold `<`, `>`, `/` and
 * quotes, so an XML parser would let a phone hide its own row; no header can hold a line break.
 * @returns null when the answer is cut short or any line is not what it should be.
 */
export function readRegistrations(text: string, profile: string): Registration[] | null {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
  const head = lines.splice(0, HEAD.length);
  const foot = lines.splice(-FOOT.length);
  if (head.join('\n') !== HEAD.join('\n') || foot.join('\n') !== FOOT.join('\n')) return null;
  const rows: Registration[] = [];
  let fields: Map<string, string> | null = null;
  for (const line of lines) {
    if (line === '<registration>' && !fields) {
      fields = new Map();
    } else if (line === '</registration>' && fields) {
      const row = readRow(fields, profile);
      if (!row) return null;
      rows.push(row);
      fields = null;
    } else {
      const [, name, value] = FIELD.exec(line) ?? [];
      if (!fields || name === undefined || value === undefined) return null;
      fields.set(name, value);
    }
  }
  return fields ? null : rows;
}

function readRow(fields: Map<string, string>, profile: string): Registration | null {
  const [, status, seconds] = STATUS.exec(fields.get('status') ?? '') ?? [];
  const user = fields.get('user');
  const callId = fields.get('call-id');
  if (status === undefined || user === undefined || callId === undefined) return null;
  return {
    profile,
    user,
    callId,
    contact: unescape(fields.get('contact') ?? ''),
    agent: unescape(fields.get('agent') ?? ''),
    status,
    expiresInSeconds: Number(seconds),
    pingStatus: fields.get('ping-status') ?? '',
    host: fields.get('host') ?? '',
    networkIp: fields.get('network-ip') ?? '',
    networkPort: Number(fields.get('network-port')),
    authUser: fields.get('sip-auth-user') ?? '',
    authRealm: fields.get('sip-auth-realm') ?? '',
  };
}

const ESCAPES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** FreeSWITCH escapes these five, in the contact and the agent alone. */
function unescape(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_whole, name: string) => ESCAPES[name] ?? '');
}
