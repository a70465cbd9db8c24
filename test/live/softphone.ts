import { createHash, randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Account } from './sipp';
import { eventually } from './waiting';

const DEADLINE_MS = 5_000;
const FRAME_MS = 20;
/** One frame of a loud 400 Hz tone in G.711 A-law. */
const FRAME = Buffer.alloc(
  160,
  Buffer.from([...Array<number>(10).fill(0xaa), ...Array<number>(10).fill(0x2a)]),
);

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

interface Message {
  /** The request's method, or empty for an answer. */
  method: string;
  /** An answer's status, or 0. */
  status: number;
  text: string;
}

/**
 * A SIP phone on loopback that transfers: several calls at once, REFER with and without Replaces, hold, and what
 * sipp cannot: to wait for one side of a conversation while the other does something. It sends a tone in every call.
 */
export class Softphone {
  readonly calls: Call[] = [];
  /** What it says to the next INVITE: 200 answers, 180 only rings. */
  answers = 200;
  private readonly waiting: { matches: (message: Message) => boolean; resolve: (text: string) => void }[] =
    [];

  private constructor(
    private readonly socket: Socket,
    private readonly sipPort: number,
    readonly account: Account,
  ) {
    socket.on('message', (message) => this.hear(message.toString()));
  }

  static async create(sipPort: number, account: Account): Promise<Softphone> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Softphone(socket, sipPort, account);
  }

  get port(): number {
    return this.socket.address().port;
  }

  close(): void {
    for (const call of this.calls) call.silence();
    this.socket.close();
  }

  async register(): Promise<number> {
    const { number, domain } = this.account;
    const answer = await this.request('REGISTER', `sip:${domain}`, {
      callId: randomUUID(),
      sequence: 1,
      from: `<sip:${number}@${domain}>;tag=r`,
      to: `<sip:${number}@${domain}>`,
      more: ['Expires: 300'],
    });
    return statusOf(answer);
  }

  /** Resolves with the call once it is answered, or with the status that refused it. */
  async call(number: string): Promise<Call | number> {
    const { domain } = this.account;
    const call = await Call.open(this, randomUUID(), 'caller');
    const local = `<sip:${this.account.number}@${domain}>;tag=${call.tag}`;
    const answer = await this.request('INVITE', `sip:${number}@${domain}`, {
      callId: call.callId,
      sequence: 1,
      from: local,
      to: `<sip:${number}@${domain}>`,
      body: call.offer,
      deadlineMs: 60_000,
    });
    if (statusOf(answer) !== 200) {
      call.silence();
      return statusOf(answer);
    }
    call.established(local, header(answer, 'To'), answer);
    this.calls.push(call);
    this.send(call.request('ACK', [], '', sequenceOf(answer)));
    return call;
  }

  /** The call that comes next, or that came and was not asked for yet. */
  async called(deadlineMs = DEADLINE_MS): Promise<Call> {
    const call = await eventually(
      `a call to ${this.account.number}`,
      () => this.calls.find((each) => each.role === 'called' && !each.seen),
      deadlineMs,
    );
    call.seen = true;
    return call;
  }

  send(text: string): void {
    this.socket.send(text, this.sipPort, '127.0.0.1');
  }

  /** The first message from now on that matches. */
  next(
    what: string,
    matches: (message: Message) => boolean,
    deadlineMs: number = DEADLINE_MS,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what}: not within ${deadlineMs} ms`)), deadlineMs);
      this.waiting.push({
        matches,
        resolve: (text) => {
          clearTimeout(timer);
          resolve(text);
        },
      });
    });
  }

  private async request(
    method: string,
    uri: string,
    given: {
      callId: string;
      sequence: number;
      from: string;
      to: string;
      more?: string[];
      body?: string;
      deadlineMs?: number;
    },
  ): Promise<string> {
    const exchange = async (sequence: number, more: string[]): Promise<string> => {
      const answer = this.next(
        `the answer to ${method}`,
        ({ status, text }) =>
          status >= 200 && text.includes(given.callId) && text.includes(`${sequence} ${method}`),
        given.deadlineMs,
      );
      const lines = [
        `${method} ${uri} SIP/2.0`,
        this.via(),
        'Max-Forwards: 70',
        `From: ${given.from}`,
        `To: ${given.to}`,
        `Call-ID: ${given.callId}`,
        `CSeq: ${sequence} ${method}`,
        `Contact: <sip:${this.account.number}@127.0.0.1:${this.port}>`,
        ...(given.more ?? []),
        ...more,
      ];
      this.send(withBody(lines, given.body ?? ''));
      const text = await answer;
      if (method === 'INVITE' && statusOf(text) >= 300) {
        this.send(withBody([...lines.slice(0, 6), `CSeq: ${sequence} ACK`].map(acknowledging(text)), ''));
      }
      return text;
    };
    const first = await exchange(given.sequence, []);
    const nonce = /nonce="([^"]*)"/.exec(first)?.[1];
    if (!nonce) return first;
    const proxy = statusOf(first) === 407 ? 'Proxy-' : '';
    return exchange(given.sequence + 1, [`${proxy}Authorization: ${this.digest(method, uri, nonce)}`]);
  }

  via(): string {
    return `Via: SIP/2.0/UDP 127.0.0.1:${this.port};rport;branch=z9hG4bK${randomUUID()}`;
  }

  private digest(method: string, uri: string, nonce: string): string {
    const { number, domain, password } = this.account;
    const secret = md5(`${number}:${domain}:${password}`);
    const response = md5(`${secret}:${nonce}:00000001:c:auth:${md5(`${method}:${uri}`)}`);
    return (
      `Digest username="${number}", realm="${domain}", nonce="${nonce}", uri="${uri}", ` +
      `response="${response}", algorithm=MD5, cnonce="c", nc=00000001, qop=auth`
    );
  }

  private hear(text: string): void {
    const message = { text, status: statusOf(text), method: /^([A-Z]+) \S+ SIP/.exec(text)?.[1] ?? '' };
    const call = this.calls.find(({ callId }) => text.includes(callId));
    if (message.method === 'INVITE' && !call) void this.ring(text);
    else if (message.method === 'CANCEL') this.cancelled(text, call);
    else if (message.method === 'BYE') {
      call?.end();
      this.send(reply(text, 200));
    } else if (message.method === 'INVITE' && call) {
      this.send(reply(text, 200, call.contact, call.offer));
    } else if (message.method !== '' && message.method !== 'ACK') this.send(reply(text, 200));
    for (const [index, { matches, resolve }] of [...this.waiting.entries()].reverse()) {
      if (!matches(message)) continue;
      this.waiting.splice(index, 1);
      resolve(text);
    }
  }

  private async ring(invite: string): Promise<void> {
    const { answers } = this;
    const call = await Call.open(this, header(invite, 'Call-ID'), 'called');
    call.invite = invite;
    const local = `${header(invite, 'To')};tag=${call.tag}`;
    call.established(local, header(invite, 'From'), invite);
    if (answers >= 300) {
      call.end();
      return this.send(reply(invite, answers, '', '', call.tag));
    }
    this.calls.push(call);
    this.send(reply(invite, 180, call.contact, '', call.tag));
    if (answers === 200) call.answer();
  }

  private cancelled(cancel: string, call?: Call): void {
    this.send(reply(cancel, 200));
    if (!call) return;
    this.send(reply(call.invite, 487, '', '', call.tag));
    call.end();
  }
}

/** One conversation of a phone. */
export class Call {
  readonly tag = randomUUID().slice(0, 8);
  /** The INVITE that brought it; empty when the phone called. */
  invite = '';
  seen = false;
  over = false;
  private local = '';
  private remote = '';
  private target = '';
  private sequence = 10;
  private frames: NodeJS.Timeout | undefined;

  private constructor(
    private readonly phone: Softphone,
    readonly callId: string,
    readonly role: 'caller' | 'called',
    private readonly media: Socket,
  ) {}

  static async open(phone: Softphone, callId: string, role: 'caller' | 'called'): Promise<Call> {
    const media = createSocket('udp4');
    media.bind(0, '127.0.0.1');
    await once(media, 'listening');
    return new Call(phone, callId, role, media);
  }

  get contact(): string {
    return `Contact: <sip:${this.phone.account.number}@127.0.0.1:${this.phone.port}>`;
  }

  get offer(): string {
    const lines = ['v=0', 'o=phone 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
    const port = this.media.address().port;
    return [...lines, `m=audio ${port} RTP/AVP 8`, 'a=rtpmap:8 PCMA/8000', ''].join('\r\n');
  }

  established(local: string, remote: string, peer: string): void {
    [this.local, this.remote] = [local, remote];
    this.target = /^Contact:[^<]*<([^>]+)>/im.exec(peer)?.[1] ?? '';
    const port = Number(/^m=audio (\d+)/m.exec(peer)?.[1] ?? 0);
    if (port === 0) return;
    let sequence = 0;
    this.frames = setInterval(() => {
      const head = Buffer.alloc(12);
      head.writeUInt16BE(0x8008, 0);
      head.writeUInt16BE(++sequence & 0xffff, 2);
      head.writeUInt32BE((sequence * FRAME.length) >>> 0, 4);
      head.writeUInt32BE(1, 8);
      this.media.send(Buffer.concat([head, FRAME]), port, '127.0.0.1');
    }, FRAME_MS);
  }

  answer(): void {
    this.phone.send(reply(this.invite, 200, this.contact, this.offer, this.tag));
  }

  /** The other side, as Replaces names this call. */
  private get replaces(): string {
    const tagOf = (address: string): string => /;tag=([^;>]+)/.exec(address)?.[1] ?? '';
    const value = `${this.callId};to-tag=${tagOf(this.remote)};from-tag=${tagOf(this.local)}`;
    return encodeURIComponent(value);
  }

  /**
   * Transfers the other side to a number, or to the other side of another call of this phone.
   * @returns the status in the last NOTIFY, which says what became of it
   */
  async transfer(to: string | Call, deadlineMs = 15_000): Promise<number> {
    const { domain } = this.phone.account;
    const target =
      typeof to === 'string' ? `<sip:${to}@${domain}>` : `<${to.target}?Replaces=${to.replaces}>`;
    const told = this.phone.next(
      'NOTIFY of a transfer',
      ({ method, text }) =>
        method === 'NOTIFY' && text.includes(this.callId) && /^SIP\/2\.0 [2-6]\d\d/m.test(text),
      deadlineMs,
    );
    this.phone.send(
      this.request('REFER', [
        `Refer-To: ${target}`,
        `Referred-By: <sip:${this.phone.account.number}@${domain}>`,
      ]),
    );
    return Number(/^SIP\/2\.0 (\d{3})/m.exec((await told).split('\r\n\r\n')[1] ?? '')?.[1] ?? 0);
  }

  /** What is sent to it inside this call is answered with this status. */
  async ask(method: string, more: string[] = [], body = ''): Promise<number> {
    const answered = this.phone.next(`the answer to ${method}`, ({ status, text }) =>
      Boolean(
        status >= 200 && text.includes(this.callId) && new RegExp(`^CSeq: \\d+ ${method}`, 'm').test(text),
      ),
    );
    this.phone.send(this.request(method, more, body));
    return statusOf(await answered);
  }

  async hangUp(): Promise<void> {
    if (this.over) return;
    this.end();
    await this.ask('BYE').catch(() => 0);
  }

  end(): void {
    this.over = true;
    this.silence();
  }

  silence(): void {
    clearInterval(this.frames);
    this.frames = undefined;
    if (!this.closed) this.media.close();
    this.closed = true;
  }
  private closed = false;

  request(method: string, more: string[], body = '', sequence = ++this.sequence): string {
    return withBody(
      [
        `${method} ${this.target} SIP/2.0`,
        this.phone.via(),
        'Max-Forwards: 70',
        `From: ${this.local}`,
        `To: ${this.remote}`,
        `Call-ID: ${this.callId}`,
        `CSeq: ${sequence} ${method}`,
        this.contact,
        ...more,
      ],
      body,
    );
  }
}

function withBody(lines: string[], body: string): string {
  const type = body === '' ? [] : ['Content-Type: application/sdp'];
  return `${[...lines, ...type, `Content-Length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`;
}

/** The ACK of a refusal has the answer's To, and the method's name. */
const acknowledging =
  (answer: string) =>
  (line: string): string => {
    if (line.startsWith('To: ')) return `To: ${header(answer, 'To')}`;
    return line.replace(/^INVITE /, 'ACK ');
  };

function reply(request: string, status: number, contact = '', body = '', tag = ''): string {
  const copied = request
    .split('\r\n\r\n')[0]
    ?.split('\r\n')
    .filter((line) => /^(Via|From|To|Call-ID|CSeq|Record-Route):/i.test(line))
    .map((line) =>
      /^To:/i.test(line) && tag !== '' && !line.includes(';tag=') ? `${line};tag=${tag}` : line,
    );
  return withBody(
    [`SIP/2.0 ${status} ${status < 300 ? 'OK' : 'No'}`, ...(copied ?? []), ...(contact ? [contact] : [])],
    body,
  );
}

function header(text: string, name: string): string {
  return new RegExp(`^${name}: *(.*?)\\r?$`, 'im').exec(text)?.[1] ?? '';
}

function sequenceOf(text: string): number {
  return Number(/^CSeq: *(\d+)/im.exec(text)?.[1] ?? 0);
}

function statusOf(text: string): number {
  return Number(/^SIP\/2.0 (\d{3})/.exec(text)?.[1] ?? 0);
}
