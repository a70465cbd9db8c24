import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { LookupsInFlight } from './lookups-in-flight';

const LONG_MS = 5_000;

describe('lookups in flight', () => {
  let server: Server;
  const clients: Socket[] = [];

  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => clients.splice(0).forEach((client) => client.destroy()));
  afterAll(() => new Promise((done) => server.close(done)));

  /** Our end and FreeSWITCH's of a new connection. */
  async function connection(): Promise<[ours: Socket, theirs: Socket]> {
    const accepted = once(server, 'connection');
    const theirs = connect((server.address() as AddressInfo).port, '127.0.0.1');
    clients.push(theirs);
    const [ours] = (await accepted) as [Socket];
    ours.resume();
    return [ours, theirs];
  }

  async function isSettled(lookups: LookupsInFlight, user: string): Promise<boolean> {
    let settled = false;
    void lookups.settled(user, LONG_MS).then(() => (settled = true));
    await new Promise((resolve) => setImmediate(resolve));
    return settled;
  }

  it('are waited for until FreeSWITCH closes its connection', async () => {
    const lookups = new LookupsInFlight();
    const [ours, theirs] = await connection();
    expect(await isSettled(lookups, '1001@a.test')).toBe(true);
    lookups.begin('1001@a.test', ours);
    expect(await isSettled(lookups, '1001@a.test')).toBe(false);
    expect(await isSettled(lookups, '1002@a.test')).toBe(true);
    const settled = lookups.settled('1001@a.test', LONG_MS);
    theirs.destroy();
    await settled;
    expect(await isSettled(lookups, '1001@a.test')).toBe(true);
  });

  it('end with the next request on the same connection', async () => {
    const lookups = new LookupsInFlight();
    const [ours] = await connection();
    lookups.begin('1001@a.test', ours);
    const settled = lookups.settled('1001@a.test', LONG_MS);
    lookups.begin('1002@a.test', ours);
    await settled;
    expect(await isSettled(lookups, '1002@a.test')).toBe(false);
  });

  it('end a moment after the answer where the connection stays open', async () => {
    const lookups = new LookupsInFlight();
    const [ours] = await connection();
    lookups.begin('1001@a.test', ours);
    lookups.answered(ours);
    expect(await isSettled(lookups, '1001@a.test')).toBe(false);
    const started = Date.now();
    await lookups.settled('1001@a.test', LONG_MS);
    expect(Date.now() - started).toBeLessThan(LONG_MS);
  });

  it('are all waited for, and not beyond the deadline', async () => {
    const lookups = new LookupsInFlight();
    const [first, theirs] = await connection();
    const [second] = await connection();
    lookups.begin('1001@a.test', first);
    lookups.begin('1001@a.test', second);
    theirs.destroy();
    const started = Date.now();
    await lookups.settled('1001@a.test', 100);
    expect(Date.now() - started).toBeGreaterThanOrEqual(95);
  });
});
