import { isIP } from 'node:net';
import { type FastifyRequest } from 'fastify';

/** Who sends a request; a proxy that is believed may hand on what is no address, and is then told of itself. */
export function clientAddress({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  const address = isIP(ip) !== 0 && !ip.includes('%') ? ip : (socket.remoteAddress ?? '');
  // A socket that listens on `::` writes an IPv4 address so.
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}
