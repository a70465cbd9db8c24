import { cutCallId } from './call-id';

/** One contact of a user, as a sofia profile holds it. */
export interface Registration {
  profile: string;
  /** `user@domain`. */
  user: string;
  /** As the phone sent it, line breaks included; cut off when it is very long: see cutCallId. */
  callId: string;
  /** The Contact header: an optional display name and `<sip:…>`. */
  contact: string;
  /** The User-Agent header, line breaks included. */
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

/** In the order in which FreeSWITCH writes them. */
const FIELDS = [
  'call-id',
  'user',
  'contact',
  'agent',
  'status',
  'ping-status',
  'ping-time',
  'host',
  'network-ip',
  'network-port',
  'sip-auth-user',
  'sip-auth-realm',
  'mwi-account',
] as const;
const TAGS = FIELDS.map((name) => ({ name, open: `        <${name}>`, close: `</${name}>` }));
const FIRST_FIELD = '        <call-id>';
const STATUS = /^(.*)\(.*\) exp\(.*\) expsecs\((-?\d+)\)$/s;
const HEAD = ['<?xml version="1.0" encoding="ISO-8859-1"?>', '<profile>', '  <registrations>'];
const ROW = '    <registration>';
const ROW_END = '    </registration>';
const LIST_END = '  </registrations>';
const END = '</profile>';

/** A line of the list is not what it should be, or the list is cut short. */
export class UnreadableList extends Error {
  readonly code = 'UNREADABLE_LIST';

  constructor(readonly line: string) {
    super('not a list of registrations');
  }
}

/**
 * Reads the answer to `sofia xmlstatus profile P …` line by line, for it is not XML.
 *
 * FreeSWITCH facts: it writes a phone's Call-ID and the host of its To: unescaped, and a folded header with its line
 * breaks, whose next line begins with a blank. So a header can hold any line of a row, but not the last of the list.
 * A row therefore ends only where another begins or the list ends, and each field is the last of its name: those
 * that FreeSWITCH itself vouches for come after all that a phone writes. A phone can still write a row that is whole
 * in front of its own; who asks about one account names it, and rows of others are taken for such text.
 */
export class RegistrationsReader {
  /** How many rows there were, those that could not be read included. */
  rows = 0;
  private head = [...HEAD];
  private lines: string[] | null = null;
  /** What follows the end of the row, if that was its end. */
  private tail: string[] = [];
  private ended = false;

  /**
   * @param see told of each row as soon as it is whole
   * @param account when given, the only `user@domain` whose rows there can be
   */
  constructor(
    private readonly profile: string,
    private readonly see: (row: Registration) => void,
    private readonly account?: string,
  ) {}

  /** @throws UnreadableList */
  line(line: string): void {
    const [next] = this.head;
    if (next !== undefined) {
      if (line !== next) throw new UnreadableList(line);
      this.head.shift();
    } else if (this.ended) {
      if (line !== '') throw new UnreadableList(line);
    } else if (line === END && this.tail.at(-1) === LIST_END) {
      this.finish(true);
      this.ended = true;
    } else this.inList(line);
  }

  /** @throws UnreadableList when the list has not ended yet */
  end(): void {
    if (!this.ended) throw new UnreadableList('');
  }

  private inList(line: string): void {
    if (!this.lines) {
      if (this.tail.length > 0 || (line !== ROW && line !== LIST_END)) throw new UnreadableList(line);
      if (line === ROW) this.lines = [];
      else this.tail = [line];
    } else if (this.tail.length === 0) {
      if (line === ROW_END) this.tail = [line];
      else this.lines.push(line);
    } else if (this.tail.at(-1) === ROW_END && (line === ROW || line === LIST_END)) {
      this.tail.push(line);
    } else if (this.tail.at(-1) === ROW && line.startsWith(FIRST_FIELD) && this.finish(false)) {
      this.lines = [line];
    } else {
      // It was not the end: a header had that in its text.
      this.lines.push(...this.tail);
      this.tail = [];
      this.inList(line);
    }
  }

  /** @returns false when what there is of the row belongs to the next one. */
  private finish(last: boolean): boolean {
    if (!this.lines) return true;
    const fields = fieldsOf(this.lines);
    if (!last && !this.isWhole(fields)) return false;
    this.rows += 1;
    const row = fields && readRow(fields, this.profile);
    if (row) this.see(row);
    this.lines = null;
    this.tail = [];
    return true;
  }

  private isWhole(fields: ReadonlyMap<string, string> | null): boolean {
    if (!fields || this.account === undefined) return fields !== null;
    return fields.get('user')?.toLowerCase() === this.account.toLowerCase();
  }
}

/** The rows of a whole list, or null when it is cut short or no such list. See RegistrationsReader. */
export function readRegistrations(text: string, profile: string, account?: string): Registration[] | null {
  const rows: Registration[] = [];
  const reader = new RegistrationsReader(profile, (row) => rows.push(row), account);
  try {
    for (const line of text.split('\n')) reader.line(line);
    reader.end();
    return rows;
  } catch (error) {
    if (error instanceof UnreadableList) return null;
    throw error;
  }
}

/** Null when the row lacks a field. By hand: there are a dozen lines for each of a hundred thousand phones. */
function fieldsOf(lines: readonly string[]): Map<string, string> | null {
  const plain =
    lines.length === TAGS.length &&
    TAGS.every(({ open, close }, at) => lines[at]?.startsWith(open) && lines[at].endsWith(close));
  if (!plain) return scatteredFields(lines.join('\n'));
  return new Map(
    TAGS.map(({ name, open, close }, at) => [name, lines[at]?.slice(open.length, -close.length) ?? '']),
  );
}

/** From the last field to the first: what a phone wrote stands before it. */
function scatteredFields(text: string): Map<string, string> | null {
  const fields = new Map<string, string>();
  let before = text.length;
  for (const { name, open, close } of [...TAGS].reverse()) {
    const first = name === 'call-id';
    const at = first ? 0 : text.lastIndexOf(`\n${open}`, before - 1) + 1;
    const end = text.lastIndexOf(close, before - 1);
    if ((at === 0 && !first) || !text.startsWith(open, at) || end < at) return null;
    fields.set(name, text.slice(at + open.length, end));
    before = at;
  }
  return fields;
}

function readRow(fields: ReadonlyMap<string, string>, profile: string): Registration | null {
  const field = (name: (typeof FIELDS)[number]): string => fields.get(name) ?? '';
  const [, status, seconds] = STATUS.exec(field('status')) ?? [];
  if (status === undefined) return null;
  return {
    profile,
    user: field('user'),
    callId: cutCallId(field('call-id')),
    contact: unescape(field('contact')),
    agent: unescape(field('agent')),
    status,
    expiresInSeconds: Number(seconds),
    pingStatus: field('ping-status'),
    pingTimeMs: Number(field('ping-time')),
    host: field('host'),
    networkIp: field('network-ip'),
    networkPort: Number(field('network-port')),
    authUser: field('sip-auth-user'),
    authRealm: field('sip-auth-realm'),
  };
}

const ESCAPES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** FreeSWITCH escapes these five, in the contact and the agent alone. */
function unescape(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_whole, name: string) => ESCAPES[name] ?? '');
}
