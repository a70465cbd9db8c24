import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Readers of one stream, each on a connection of its own, that look for a text in what they are sent. */
export class Crowd {
  private readonly sockets: Socket[] = [];
  private wanted = Buffer.alloc(0);
  private times = 0;
  private waiting = 0;
  private found: () => void = () => undefined;

  get size(): number {
    return this.sockets.length;
  }

  /** Opens one after another as fast as they connect, many at a time; resolves once all are connected. */
  async join(port: number, request: string, readers: number): Promise<void> {
    const joining = Array.from({ length: readers }, async () => {
      const socket = connect(port, '127.0.0.1');
      this.sockets.push(socket);
      this.read(socket);
      await once(socket, 'connect');
      socket.write(request, 'latin1');
    });
    await Promise.all(joining);
  }

  /** Resolves when the last reader has seen `text` so many times from now on. */
  all(text: string, times = 1): Promise<void> {
    this.wanted = Buffer.from(text);
    this.times = times;
    this.waiting = this.sockets.length;
    for (const socket of this.sockets) socket.emit('look');
    return new Promise((resolve) => (this.found = resolve));
  }

  leave(): void {
    for (const socket of this.sockets.splice(0)) socket.destroy();
  }

  private read(socket: Socket): void {
    let seen = 0;
    let tail = Buffer.alloc(0);
    socket.on('look', () => {
      seen = 0;
      tail = Buffer.alloc(0);
    });
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (seen >= this.times || this.wanted.length === 0) return;
      const text = Buffer.concat([tail, chunk]);
      for (let at = text.indexOf(this.wanted); at >= 0; at = text.indexOf(this.wanted, at + 1)) seen++;
      // One byte short of the text, so that what was found is not found again.
      tail = text.subarray(Math.max(0, text.length - this.wanted.length + 1));
      if (seen >= this.times && --this.waiting === 0) this.found();
    });
  }
}
