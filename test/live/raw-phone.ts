import { createHash, randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { WebSocket } from 'ws';
import { type Account } from './sipp';

const DEADLINE_MS = 5_000;
const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n';

export interface RawRequest {
  method: string;
  /** Who signs it. */
  account: Account;
  /** From and To, `number@domain`; the account's own when absent. */
  from?: string;
  to?: string;
  uri?: string;
  contact?: string;
  headers?: string[];
  /** Its own each time when absent. */
  callId?: string;
  body?: { type: string; text: string };
}

interface Wire {
  port: number;
  send(text: string): void;
  close(): void;
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** What no honest phone sends, and what sipp cannot: it writes every line itself, over UDP, TCP, TLS or a WebSocket. */
export class RawPhone {
  /** Every message that came, the oldest first. */
  readonly received: string[] = [];
  /** The status with which it answers an INVITE, and 200 to any other request; null: it is silent. */
  answersWith: number | null = null;
  private heard: () => void = () => undefined;
  private wire!: Wire;

  private constructor(
    private readonly transport: 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS',
    /** What it writes into Via: the truth, unless told otherwise. */
    private readonly claimed: string = transport,
    private readonly address = '127.0.0.1',
  ) {}

  /** @param address its own, on loopback; FreeSWITCH listens on ::1 for an IPv6 one, else on 127.0.0.1 */
  static async udp(sipPort: number, claimed?: string, address = '127.0.0.1'): Promise<RawPhone> {
    const phone = new RawPhone('UDP', claimed, address);
    const isV6 = address.includes(':');
    const socket = createSocket(isV6 ? 'udp6' : 'udp4');
    socket.on('message', (message) => phone.hear(message.toString()));
    socket.bind(0, address);
    await once(socket, 'listening');
    phone.wire = {
      port: socket.address().port,
      send: (text) => socket.send(text, sipPort, isV6 ? '::1' : '127.0.0.1'),
      close: () => socket.close(),
    };
    return phone;
  }

  static async tcp(sipPort: number): Promise<RawPhone> {
    const phone = new RawPhone('TCP');
    const socket = connectTcp({ port: sipPort, host: '127.0.0.1' });
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('data', (text: string) => phone.hear(text));
    await once(socket, 'connect');
    phone.wire = {
      port: socket.localPort ?? 0,
      send: (text) => socket.write(text),
      close: () => socket.destroy(),
    };
    return phone;
  }

  /** Certificates are not what is tested: ours is signed by nobody. */
  static async tls(tlsPort: number): Promise<RawPhone> {
    const phone = new RawPhone('TLS');
    const socket = connect({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false });
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('data', (text: string) => phone.hear(text));
    await once(socket, 'secureConnect');
    phone.wire = {
      port: socket.localPort ?? 0,
      send: (text) => socket.write(text),
      close: () => socket.destroy(),
    };
    return phone;
  }

  /** As a page does: it knows no address of its own. @param url ws: or wss: */
  static async webSocket(url: string): Promise<RawPhone> {
    const secure = url.startsWith('wss:');
    const phone = new RawPhone(secure ? 'WSS' : 'WS', undefined, `${randomUUID()}.invalid`);
    const socket = new WebSocket(url, 'sip', { rejectUnauthorized: false });
    socket.on('error', () => undefined);
    socket.on('message', (message: Buffer) => phone.hear(message.toString()));
    await once(socket, 'open');
    phone.wire = { port: 0, send: (text) => socket.send(text), close: () => socket.terminate() };
    return phone;
  }

  get contact(): string {
    // Over WSS as well: so JsSIP and SIP.js write it.
    if (this.wire.port === 0) return `${this.address};transport=ws`;
    const transport = this.transport === 'UDP' ? '' : `;transport=${this.transport.toLowerCase()}`;
    return `${this.host}:${this.wire.port}${transport}`;
  }

  /** Its own address, as a URI has it. */
  private get host(): string {
    return this.address.includes(':') ? `[${this.address}]` : this.address;
  }

  private get sentBy(): string {
    return this.wire.port === 0 ? this.address : `${this.host}:${this.wire.port}`;
  }

  close(): void {
    this.wire.close();
  }

  /** The INVITEs that came, each by its first line. */
  get invites(): string[] {
    const invites = this.received.filter((text) => text.startsWith('INVITE '));
    return invites.map((text) => text.split('\r\n')[0] ?? '');
  }

  /** Calls a number of the account's domain. @returns the final status */
  call(account: Account, number: string): Promise<number> {
    const uri = `sip:${number}@${account.domain}`;
    const to = `${number}@${account.domain}`;
    return this.request({ method: 'INVITE', account, uri, to, body: { type: 'application/sdp', text: SDP } });
  }

  /** The final status of the request, signed when it is challenged; 0: no answer. */
  async request(request: RawRequest): Promise<number> {
    const callId = request.callId ?? randomUUID();
    const first = await this.exchange(request, callId, 1, []);
    const nonce = /nonce="([^"]*)"/.exec(first)?.[1];
    if (!nonce) return statusOf(first);
    const proxy = statusOf(first) === 407 ? 'Proxy-' : '';
    const signed = await this.exchange(request, callId, 2, [
      `${proxy}Authorization: ${digest(request, nonce)}`,
    ]);
    return statusOf(signed);
  }

  register(account: Account, expires = 300): Promise<number> {
    const contact = `<sip:${account.number}@${this.contact}>`;
    return this.request({ method: 'REGISTER', account, contact, headers: [`Expires: ${expires}`] });
  }

  private hear(text: string): void {
    this.received.push(text);
    this.answer(text);
    this.heard();
  }

  private answer(text: string): void {
    if (this.answersWith === null || /^(?:SIP\/|ACK )/.test(text)) return;
    const lines = text.split('\r\n');
    const copied = lines.filter((line) => /^(?:Via|From|Call-ID|CSeq):/i.test(line));
    const to = lines.find((line) => /^To:/i.test(line)) ?? 'To: <sip:nobody>';
    const status = text.startsWith('INVITE ') ? `${this.answersWith} Raw` : '200 OK';
    const answer = [`SIP/2.0 ${status}`, ...copied, `${to};tag=raw`, 'Content-Length: 0'];
    this.wire.send(`${answer.join('\r\n')}\r\n\r\n`);
  }

  private async exchange(
    request: RawRequest,
    callId: string,
    sequence: number,
    headers: string[],
  ): Promise<string> {
    const branch = `z9hG4bK${randomUUID()}`;
    const answer = new Promise<string>((resolve) => {
      const timer = setTimeout(() => resolve(''), DEADLINE_MS);
      this.heard = () => {
        const mine = (text: string): boolean =>
          statusOf(text) >= 200 && text.includes(branch) && text.includes(`${sequence} ${request.method}`);
        const found = this.received.find(mine);
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      };
    });
    this.wire.send(this.text({ ...request, callId }, branch, sequence, headers));
    return answer;
  }

  private text(
    request: RawRequest & { callId: string },
    branch: string,
    sequence: number,
    headers: string[],
  ): string {
    const own = `${request.account.number}@${request.account.domain}`;
    const { body } = request;
    const lines = [
      `${request.method} ${uriOf(request)} SIP/2.0`,
      `Via: SIP/2.0/${this.claimed} ${this.sentBy};rport;branch=${branch}`,
      'Max-Forwards: 70',
      `From: <sip:${request.from ?? own}>;tag=raw`,
      `To: <sip:${request.to ?? own}>`,
      `Call-ID: ${request.callId}`,
      `CSeq: ${sequence} ${request.method}`,
      `Contact: ${request.contact ?? `<sip:${this.contact}>`}`,
      ...(request.headers ?? []),
      ...headers,
      ...(body ? [`Content-Type: ${body.type}`] : []),
      `Content-Length: ${Buffer.byteLength(body?.text ?? '')}`,
    ];
    return `${lines.join('\r\n')}\r\n\r\n${body?.text ?? ''}`;
  }
}

function uriOf({ uri, account }: RawRequest): string {
  return uri ?? `sip:${account.domain}`;
}

function statusOf(text: string): number {
  return Number(/^SIP\/2.0 (\d{3})/.exec(text)?.[1] ?? 0);
}

function digest(request: RawRequest, nonce: string): string {
  const { number, domain, password } = request.account;
  const uri = uriOf(request);
  const response = md5(
    `${md5(`${number}:${domain}:${password}`)}:${nonce}:00000001:c:auth:${md5(`${request.method}:${uri}`)}`,
  );
  return (
    `Digest username="${number}", realm="${domain}", nonce="${nonce}", uri="${uri}", ` +
    `response="${response}", algorithm=MD5, cnonce="c", nc=00000001, qop=auth`
  );
}
