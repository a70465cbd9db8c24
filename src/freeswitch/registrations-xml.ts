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
  /** How long the last ping took; 0 before the first. */
  pingTimeMs: number;
  /** The FreeSWITCH host that holds it. */
  host: string;
  networkIp: string;
  networkPort: number;
  /** Who the phone proved to be; `user` is only the name it is filed under. */
  authUser: string;
  authRealm: string;
}

const NAME = /^[a-z-]+$/;
const STATUS = /^(.*)\(.*\) exp\(.*\) expsecs\((-?\d+)\)$/;
const HEAD = ['<?xml version="1.0" encoding="ISO-8859-1"?>', '<profile>', '<registrations>'];
const FOOT = ['</registrations>', '</profile>'];

/** A line of the list is not what it should be, or the list is cut short. */
export class UnreadableList extends Error {
  readonly code = 'UNREADABLE_LIST';

  constructor(readonly line: string) {
    super('not a list of registrations');
  }
}

/**
 * Reads the answer to `sofia xmlstatus profile P …` line by line, for it is not always XML.
 * FreeSWITCH fact: it writes a phone's Call-ID unescaped, and SIP lets a Call-ID hold `<`, `>`, `/` and
 * quotes, so an XML parser would let a phone hide its own row; no header can hold a line break.
 */
export class RegistrationsReader {
  private expected = [...HEAD];
  private fields: Map<string, string> | null = null;

  /** @param see told of each row as soon as it is whole */
  constructor(
    private readonly profile: string,
    private readonly see: (row: Registration) => void,
  ) {}

  /** @throws UnreadableList */
  line(text: string): void {
    const line = text.trim();
    const [next] = this.expected;
    if (next !== undefined && !this.fields) {
      if (next === line) this.expected.shift();
      else if (next === FOOT[0] && line === '<registration>') this.fields = new Map();
      else throw new UnreadableList(line);
      if (this.expected.length === 0 && next === HEAD.at(-1)) this.expected = [...FOOT];
    } else if (this.fields) {
      this.field(this.fields, line);
    } else if (line !== '') throw new UnreadableList(line);
  }

  /** @throws UnreadableList when the list has not ended yet */
  end(): void {
    if (this.expected.length > 0) throw new UnreadableList('');
  }

  private field(fields: Map<string, string>, line: string): void {
    if (line === '</registration>') {
      const row = readRow(fields, this.profile);
      if (!row) throw new UnreadableList(line);
      this.fields = null;
      return this.see(row);
    }
    // By hand: there are a dozen of these lines for each of a hundred thousand phones.
    const name = line.slice(1, line.indexOf('>'));
    const from = name.length + 2;
    const to = line.length - name.length - 3;
    if (!NAME.test(name) || to < from || !line.startsWith('<') || !line.endsWith(`</${name}>`)) {
      throw new UnreadableList(line);
    }
    fields.set(name, line.slice(from, to));
  }
}

/** The rows of a whole list, or null when it is cut short or any line is not what it should be. */
export function readRegistrations(text: string, profile: string): Registration[] | null {
  const rows: Registration[] = [];
  const reader = new RegistrationsReader(profile, (row) => rows.push(row));
  try {
    for (const line of text.split('\n')) reader.line(line);
    reader.end();
    return rows;
  } catch (error) {
    if (error instanceof UnreadableList) return null;
    throw error;
  }
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
    pingTimeMs: Number(fields.get('ping-time') ?? 0),
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
  if (!text.includes('&')) return text;
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_whole, name: string) => ESCAPES[name] ?? '');
}
