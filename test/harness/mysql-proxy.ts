import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** An error as MariaDB sends it. */
export interface ServerError {
  errno: number;
  message: string;
}

/**
 * What becomes of a statement: it never reaches the server and is answered with an error, or the connection breaks
 * before the server gets it, or after the server has carried it out.
 */
export type Fault = ServerError | 'lost before' | 'lost after';

const HEAD = 4;
const COM_QUERY = 3;

/** Stands between a client and MariaDB, and does to a statement what a test asks for. */
export class MysqlProxy {
  private readonly faults: { sql: RegExp; fault: Fault }[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param target mysql://… */
  static async start(target: string): Promise<MysqlProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer((client) => proxy.take(client, connect(Number(port || 3306), hostname)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = new URL(target);
    url.hostname = '127.0.0.1';
    url.port = String((server.address() as AddressInfo).port);
    const proxy = new MysqlProxy(server, url.href);
    return proxy;
  }

  /** The next statement that fits meets the fault; several wait for one statement each. */
  fail(sql: RegExp, fault: Fault): void {
    this.faults.push({ sql, fault });
  }

  /** How many faults have not been met. */
  get left(): number {
    return this.faults.length;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(client: Socket, server: Socket): void {
    let lostWithAnswer = false;
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', end).on('close', () => {
        this.sockets.delete(socket);
        end();
      });
    }
    client.on('data', (data: Buffer) => {
      const fault = this.faultOf(data);
      if (fault === 'lost before') return end();
      if (typeof fault === 'object') return void client.write(errorPacket(fault));
      lostWithAnswer = fault === 'lost after';
      server.write(data);
    });
    server.on('data', (data: Buffer) => {
      if (lostWithAnswer) end();
      else client.write(data);
    });
  }

  /** mysql2 sends one command at a time, and begins a chunk with it. */
  private faultOf(data: Buffer): Fault | undefined {
    if (data[HEAD] !== COM_QUERY) return undefined;
    const sql = data.toString('utf8', HEAD + 1);
    const at = this.faults.findIndex((each) => each.sql.test(sql));
    return at < 0 ? undefined : this.faults.splice(at, 1)[0]?.fault;
  }
}

function errorPacket({ errno, message }: ServerError): Buffer {
  const body = Buffer.concat([
    Buffer.from([0xff, errno & 0xff, errno >> 8]),
    Buffer.from(`#HY000${message}`),
  ]);
  return Buffer.concat([Buffer.from([body.length & 0xff, body.length >> 8, 0, 1]), body]);
}
