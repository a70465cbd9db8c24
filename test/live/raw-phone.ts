import { createHash, randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { type Account } from './sipp';

const DEADLINE_MS = 3_000;

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
  body?: { type: string; text: string };
}

interface Wire {
  port: number;
  send(text: string): void;
  close(): void;
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** What no honest phone sends, and what sipp cannot: it writes every line itself, over UDP or TLS. */
export class RawPhone {
  /** Every message that came, the oldest first. */
  readonly received: string[] = [];
  private heard: () => void = () => undefined;
  private wire!: Wire;

  private constructor(
    private readonly transport: 'UDP' | 'TLS',
    /** What it writes into Via: the truth, unless told otherwise. */
    private readonly claimed: string = transport,
  ) {}

  static async udp(sipPort: number, claimed?: string): Promise<RawPhone> {
    const phone = new RawPhone('UDP', claimed);
    const socket = createSocket('udp4');
    socket.on('message', (message) => phone.hear(message.toString()));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    phone.wire = {
      port: socket.address().port,
      send: (text) => socket.send(text, sipPort, '127.0.0.1'),
      close: () => socket.close(),
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

  get contact(): string {
    return `127.0.0.1:${this.wire.port}${this.transport === 'TLS' ? ';transport=tls' : ''}`;
  }

  close(): void {
    this.wire.close();
  }

  /** The final status of the request, signed when it is challenged; 0: no answer. */
  async request(request: RawRequest): Promise<number> {
    const callId = randomUUID();
    const first = await this.exchange(request, callId, 1, []);
    const nonce = /nonce="([^"]*)"/.exec(first)?.[1];
    if (!nonce) return statusOf(first);
    const proxy = statusOf(first) === 407 ? 'Proxy-' : '';
    const signed = await this.exchange(request, callId, 2, [
      `${proxy}Authorization: ${digest(request, nonce)}`,
    ]);
    return statusOf(signed);
  }

  register(account: Account): Promise<number> {
    const contact = `<sip:${account.number}@${this.contact}>`;
    return this.request({ method: 'REGISTER', account, contact, headers: ['Expires: 300'] });
  }

  private hear(text: string): void {
    this.received.push(text);
    this.heard();
  }

  private async exchange(
    request: RawRequest,
    callId: string,
    sequence: number,
    headers: string[],
  ): Promise<string> {
    const answer = new Promise<string>((resolve) => {
      const timer = setTimeout(() => resolve(''), DEADLINE_MS);
      this.heard = () => {
        const mine = (text: string): boolean =>
          statusOf(text) >= 200 && text.includes(callId) && text.includes(`${sequence} ${request.method}`);
        const found = this.received.find(mine);
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      };
    });
    this.wire.send(this.text(request, callId, sequence, headers));
    return answer;
  }

  private text(request: RawRequest, callId: string, sequence: number, headers: string[]): string {
    const own = `${request.account.number}@${request.account.domain}`;
    const { body } = request;
    const lines = [
      `${request.method} ${uriOf(request)} SIP/2.0`,
      `Via: SIP/2.0/${this.claimed} 127.0.0.1:${this.wire.port};rport;branch=z9hG4bK${randomUUID()}`,
      'Max-Forwards: 70',
      `From: <sip:${request.from ?? own}>;tag=raw`,
      `To: <sip:${request.to ?? own}>`,
      `Call-ID: ${callId}`,
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
