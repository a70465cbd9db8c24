import { connect } from 'node:net';

/**
 * One `api` command over a connection of its own. Deliberately not the program's client: what the suite
 * believes must not come through the code it judges.
 */
export function eslApi(port: number, password: string, command: string, deadlineMs = 5_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received: Buffer = Buffer.alloc(0);
    const end = (finish: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      finish();
    };
    const fail = (why: string): void => end(() => reject(new Error(`ESL ${command}: ${why}`)));
    const timer = setTimeout(() => fail('deadline'), deadlineMs);
    socket.once('error', (error) => fail(error.message));
    socket.once('close', () => fail('closed'));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (let frame = cut(received); frame; frame = cut(received)) {
        received = frame.rest;
        if (frame.head.includes('auth/request')) socket.write(`auth ${password}\n\n`);
        else if (frame.head.includes('-ERR')) fail(frame.head);
        else if (frame.head.includes('command/reply')) socket.write(`api ${command}\n\n`);
        else if (frame.head.includes('api/response')) return end(() => resolve(frame.body));
      }
      return undefined;
    });
  });
}

function cut(received: Buffer): { head: string; body: string; rest: Buffer } | null {
  const headEnd = received.indexOf('\n\n');
  if (headEnd < 0) return null;
  const head = received.subarray(0, headEnd).toString();
  const bodyEnd = headEnd + 2 + Number(/Content-Length: (\d+)/.exec(head)?.[1] ?? 0);
  if (received.length < bodyEnd) return null;
  return { head, body: received.subarray(headEnd + 2, bodyEnd).toString(), rest: received.subarray(bodyEnd) };
}

/** What the switch tells of from now on, until `close`. */
export interface EventLog {
  /** Each event as JSON, the oldest first. */
  readonly events: Record<string, string>[];
  close(): void;
}

export interface EventFilter {
  header: string;
  value: string;
}

/** Listens to events, such as `CHANNEL_HANGUP_COMPLETE`; resolves once they are subscribed to. */
export function eslEvents(
  port: number,
  password: string,
  names: string,
  filters: readonly EventFilter[] = [],
): Promise<EventLog> {
  const commands = [
    ...filters.map(({ header, value }) => `filter ${header} ${value}`),
    `event json ${names}`,
  ];
  let replies = 0;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const events: Record<string, string>[] = [];
    let received: Buffer = Buffer.alloc(0);
    socket.once('error', reject);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (let frame = cut(received); frame; frame = cut(received)) {
        received = frame.rest;
        const { head, body } = frame;
        if (head.includes('auth/request')) socket.write(`auth ${password}\n\n`);
        else if (head.includes('+OK accepted'))
          socket.write(commands.map((command) => `${command}\n\n`).join(''));
        else if (head.includes('command/reply')) {
          if (++replies === commands.length) resolve({ events, close: () => socket.destroy() });
        } else if (head.includes('text/event-json')) events.push(JSON.parse(body) as Record<string, string>);
      }
    });
  });
}
