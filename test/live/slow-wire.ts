import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The way from FreeSWITCH to Dialplane, on which answers can be held up. It opens and closes as its two ends do. */
export class SlowWire {
  private readonly sockets = new Set<Socket>();
  private held: { to: Socket; bytes: Buffer }[] | null = null;
  private heard: () => void = () => undefined;

  private constructor(private readonly server: Server) {}

  static async start(target: number): Promise<SlowWire> {
    const server = createServer({ allowHalfOpen: true });
    const wire = new SlowWire(server);
    server.on('connection', (near) =>
      wire.join(near, connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return wire;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on answers wait; resolves when the first one does. */
  hold(): Promise<void> {
    this.held = [];
    return new Promise((resolve) => (this.heard = resolve));
  }

  release(): void {
    const held = this.held ?? [];
    this.held = null;
    for (const { to, bytes } of held) to.write(bytes);
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private join(near: Socket, far: Socket): void {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(one);
      one.on('end', () => other.end());
      one.on('error', () => other.destroy());
      one.on('close', () => this.sockets.delete(one));
    }
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => {
      if (!this.held) {
        near.write(bytes);
        return;
      }
      this.held.push({ to: near, bytes });
      this.heard();
    });
  }
}
