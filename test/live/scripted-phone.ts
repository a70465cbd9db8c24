import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { codecsOf, credentials, headerOf, headersOf, methodOf, sdp, statusOf } from './sip-message';
import { type Account } from './sipp';
import { eventually } from './waiting';

const CALL_MS = 20_000;
const PCMA = 8;
const LOOPBACK = '127.0.0.1';

/** What the phone does when it is called: rings on, says nothing at all, refuses or forwards, or answers. */
export type Reply =
  'rings' | 'silent' | { status: number; headers?: string[] } | { answers: number[]; headers?: string[] };

export interface CallOptions {
  /** Inside of From, angle brackets included; the account's own when absent. */
  from?: string;
  /** The domain it dials; the account's own when absent. */
  domain?: string;
  headers?: string[];
  codecs?: number[];
}

/** A forwarding phone's reply. */
export const forwards = (to: string): Reply => ({ status: 302, headers: [`Contact: <sip:${to}>`] });

/** A phone whose every line is ours, over UDP on loopback: what sipp's scenarios do not say. */
export class ScriptedPhone {
  /** Every message that came, the oldest first. */
  readonly received: string[] = [];
  reply: Reply = { answers: [PCMA] };
  private constructor(
    private readonly socket: Socket,
    private readonly sipPort: number,
  ) {
    socket.on('message', (message) => this.hear(message.toString()));
  }

  static async create(sipPort: number, port = 0, host = LOOPBACK): Promise<ScriptedPhone> {
    const socket = createSocket('udp4');
    socket.bind(port, host);
    await once(socket, 'listening');
    return new ScriptedPhone(socket, sipPort);
  }

  /** Where it is: host:port. */
  get address(): string {
    const { address, port } = this.socket.address();
    return `${address}:${port}`;
  }

  /** The INVITEs that began calls to it. */
  get invites(): string[] {
    const all = this.received.filter((text) => methodOf(text) === 'INVITE');
    return all.filter(
      (text, index) => all.findIndex((other) => callIdOf(other) === callIdOf(text)) === index,
    );
  }

  close(): void {
    this.socket.close();
  }

  async register(account: Account, expires = 300): Promise<number> {
    const contact = `Contact: <sip:${account.number}@${this.address}>`;
    const own = `<sip:${account.number}@${account.domain}>`;
    const dialog = new Dialog(`sip:${account.domain}`, own, own);
    const answer = await this.signed(dialog, 'REGISTER', account, [contact, `Expires: ${expires}`]);
    return statusOf(answer);
  }

  /** Calls; the call is up when the status is 200, and `hangUp` ends it. */
  async call(account: Account, number: string, options: CallOptions = {}): Promise<OutgoingCall> {
    const { from = `<sip:${account.number}@${account.domain}>`, domain = account.domain } = options;
    const target = `sip:${number}@${domain}`;
    const dialog = new Dialog(target, from, `<${target}>`);
    const contact = `Contact: <sip:${account.number}@${this.address}>`;
    const headers = [contact, ...(options.headers ?? [])];
    const answer = await this.signed(
      dialog,
      'INVITE',
      account,
      headers,
      sdp(4_000, options.codecs ?? [PCMA]),
    );
    return new OutgoingCall(statusOf(answer), answer, (more) => this.hangUp(dialog, answer, more));
  }

  /** Sends it, answers the challenge, and gives the last answer; empty: there is none in time. */
  private async signed(
    dialog: Dialog,
    method: string,
    account: Account,
    headers: string[],
    body = '',
  ): Promise<string> {
    const first = await this.exchange(dialog, method, headers, body);
    const line = credentials(first, account, method, dialog.target);
    return line === '' ? first : this.exchange(dialog, method, [...headers, line], body);
  }

  private async exchange(dialog: Dialog, method: string, headers: string[], body: string): Promise<string> {
    dialog.sequence += 1;
    this.send(dialog.request(method, this.address, headers, body));
    const mine = `${dialog.sequence} ${method}`;
    const answer = await eventually(
      `an answer to ${method}`,
      () =>
        this.received.find(
          (text) =>
            statusOf(text) >= 200 && callIdOf(text) === dialog.callId && headerOf(text, 'CSeq') === mine,
        ),
      CALL_MS,
    ).catch(() => '');
    const { to } = dialog;
    dialog.to = headerOf(answer, 'To') || to;
    if (method === 'INVITE' && answer !== '') this.send(dialog.request('ACK', this.address, [], ''));
    if (statusOf(answer) !== 200) dialog.to = to;
    return answer;
  }

  private async hangUp(dialog: Dialog, answer: string, headers: string[] = []): Promise<string> {
    dialog.target = /<([^>]*)>/.exec(headerOf(answer, 'Contact'))?.[1] ?? dialog.target;
    return this.exchange(dialog, 'BYE', headers, '');
  }

  private hear(text: string): void {
    this.received.push(text);
    switch (methodOf(text)) {
      case 'INVITE':
        return this.invited(text);
      case 'CANCEL':
        this.answer(text, 200);
        return this.answer(this.invites.find((invite) => callIdOf(invite) === callIdOf(text)) ?? text, 487);
      case 'ACK':
      case '':
        return;
      default:
        return this.answer(text, 200);
    }
  }

  private invited(invite: string): void {
    const { reply } = this;
    if (reply === 'silent') return;
    const wanted = typeof reply === 'object' && 'answers' in reply ? reply.answers : [];
    if (reply === 'rings' || wanted.length > 0) this.answer(invite, 180);
    if (reply === 'rings') return;
    if ('status' in reply) return this.answer(invite, reply.status, reply.headers);
    const common = wanted.filter((codec) => codecsOf(invite).includes(codec));
    if (common.length === 0) return this.answer(invite, 488);
    const contact = `Contact: <sip:phone@${this.address}>`;
    return this.answer(invite, 200, [contact, ...(reply.headers ?? [])], sdp(4_002, common.slice(0, 1)));
  }

  private answer(request: string, status: number, headers: string[] = [], body = ''): void {
    const to = headerOf(request, 'To');
    const lines = [
      `SIP/2.0 ${status} Scripted`,
      ...headersOf(request, 'Via'),
      ...headersOf(request, 'Record-Route'),
      `From: ${headerOf(request, 'From')}`,
      `To: ${to.includes('tag=') ? to : `${to};tag=${this.socket.address().port}`}`,
      `Call-ID: ${callIdOf(request)}`,
      `CSeq: ${headerOf(request, 'CSeq')}`,
      ...headers,
      ...(body ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    this.send(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  private send(text: string): void {
    this.socket.send(text, this.sipPort, LOOPBACK);
  }
}

/** What came of a call. */
export class OutgoingCall {
  constructor(
    readonly status: number,
    /** The last answer, whole. */
    readonly answer: string,
    /** With more headers in its BYE; resolves to the answer to that. */
    readonly hangUp: (headers?: string[]) => Promise<string>,
  ) {}
}

class Dialog {
  readonly callId = randomUUID();
  private readonly from: string;
  sequence = 0;

  constructor(
    public target: string,
    from: string,
    public to: string,
  ) {
    this.from = `${from};tag=${randomUUID()}`;
  }

  request(method: string, address: string, headers: string[], body: string): string {
    const lines = [
      `${method} ${this.target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${address};rport;branch=z9hG4bK${randomUUID()}`,
      'Max-Forwards: 70',
      `From: ${this.from}`,
      `To: ${this.to}`,
      `Call-ID: ${this.callId}`,
      `CSeq: ${this.sequence} ${method}`,
      ...headers,
      ...(body ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    return `${lines.join('\r\n')}\r\n\r\n${body}`;
  }
}

function callIdOf(text: string): string {
  return headerOf(text, 'Call-ID');
}
