import { execFileSync } from 'node:child_process';
import { createClient } from '@redis/client';
import { eventually } from './eventually';
import { freePort } from './free-port';
import { PrivateServer } from './private-server';
import { scratchFolder } from './scratch';

/** In memory only. */
export class PrivateRedis extends PrivateServer {
  static async start(): Promise<PrivateRedis> {
    const redis = new PrivateRedis(scratchFolder('redis'), await freePort());
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts, or starts again with nothing in it. */
  async start(): Promise<void> {
    const options = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', this.folder];
    this.spawn('redis-server', ['--port', String(this.port), ...options]);
    await eventually(async () => {
      const client = createClient({ url: this.url, socket: { reconnectStrategy: false } });
      client.on('error', () => undefined);
      return client.connect().then(
        () => (client.destroy(), true),
        () => false,
      );
    });
  }
}

/** Runs tests that need a Redis server; skips them, aloud, where none is installed. */
export function describeWithRedis(what: string, tests: () => void): void {
  if (isInstalled()) {
    describe(what, tests);
    return;
  }
  const sentence = 'The Redis tests are SKIPPED: install redis-server';
  if (process.env.REQUIRE_SERVERS) throw new Error(sentence);
  process.stderr.write(`\n${sentence}\n\n`);
  describe.skip(what, tests);
}

function isInstalled(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
