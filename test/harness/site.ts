import { RevocationTimings } from '../../src/nodes/revocations/revocation-timings';
import { FakeFreeSwitch, type Phone } from '../fake-freeswitch/fake-freeswitch';
import { CommandLine, type Server } from './command-line';
import { type Answer, APP_KEY, Dialplane, type TestTenant, XML_CURL_PASSWORD } from './dialplane';
import { eventually } from './eventually';
import { type Lane } from './lanes';
import { nodeReady } from './nodes';

interface Made {
  data: { sip_password: string };
}

export interface NodeReceipt {
  node: string;
  status: 'pending' | 'verified' | 'removed' | 'unknown';
  flushed_entries: number;
  dropped_contacts: number;
  deleted_messages: number;
  flushed_at: string | null;
  verified_at: string | null;
  pending_since: string | null;
  attempts: number;
  last_error: string | null;
}

export interface Receipt {
  reason: string;
  requested_at: string;
  status: 'pending' | 'done' | 'incomplete';
  device: string | null;
  mailbox: 'delete' | 'refresh' | null;
  nodes: NodeReceipt[];
}

/** Two nodes, a Dialplane they ask, a tenant, at first with the domain pbx.test. */
export class Site {
  private readonly programs: CommandLine[] = [];

  private constructor(
    readonly fs1: FakeFreeSwitch,
    readonly fs2: FakeFreeSwitch,
    private readonly lane: Lane,
    public dialplane: Dialplane,
    public tenant: TestTenant,
  ) {}

  static async start(lane: Lane): Promise<Site> {
    const directoryAuth = { username: 'freeswitch', password: XML_CURL_PASSWORD };
    const fs1 = await FakeFreeSwitch.start({ name: 'fs1', directoryAuth });
    const fs2 = await FakeFreeSwitch.start({ name: 'fs2', directoryAuth });
    const dialplane = await started(lane, [fs1, fs2]);
    return new Site(fs1, fs2, lane, dialplane, await dialplane.tenant({ domain: 'pbx.test' }));
  }

  async stop(): Promise<void> {
    for (const program of this.programs) await program.stop();
    await this.dialplane.stop();
    await Promise.all([this.fs1.stop(), this.fs2.stop()]);
  }

  /** For tests that wait for the second pass, and assert nothing of the time before it. */
  quickenSecondPass(): void {
    this.dialplane.get(RevocationTimings).secondPass = 250;
  }

  /** Goes on with another tenant, of a domain of its own: what tests before did is not about it. */
  async renewTenant(): Promise<void> {
    this.tenant = await this.dialplane.tenant();
  }

  /** Stops Dialplane, does `meanwhile`, and starts it on the same database. */
  async restart(meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    await this.dialplane.stop({ keepDatabase: true });
    await Promise.all([this.fs1.waitForNoConnection(), this.fs2.waitForNoConnection()]);
    await meanwhile();
    this.dialplane = await started(this.lane, [this.fs1, this.fs2], this.dialplane.database);
  }

  /** The program itself, as another process on the same database. */
  async program(): Promise<Server> {
    const server = await this.commandLine().serve();
    await eventually(async () => {
      const health = await fetch(`${server.url}/health/ready`);
      const { nodes } = (await health.json()) as { nodes: { status: string }[] };
      return nodes.every(({ status }) => status === 'ready');
    });
    return server;
  }

  /** Commands on the same database, with the same nodes. */
  commandLine(): CommandLine {
    const program = new CommandLine({
      APP_KEY,
      XML_CURL_PASSWORD,
      DATABASE_URL: this.dialplane.database.url,
      FREESWITCH_NODES: `${this.fs1.address} ${this.fs2.address}`,
    });
    this.programs.push(program);
    return program;
  }

  api<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    token = this.tenant.token,
  ): Promise<Answer<T>> {
    return this.dialplane.api<T>(token, method, `/extensions${path}`, body);
  }

  async create(number: string, tenant = this.tenant, more: object = {}): Promise<Phone> {
    const given = { extension_number: number, ...more };
    const made = await this.api<Made>('POST', '', given, tenant.token);
    return { user: number, domain: tenant.tenant.domain, password: made.body.data.sip_password };
  }

  async receipts(number: string, token?: string): Promise<Receipt[]> {
    const answer = await this.api<{ data: Receipt[] }>('GET', `/${number}/revocations`, undefined, token);
    return answer.body.data;
  }

  /** The newest receipt, once every node is verified. */
  async verified(number: string): Promise<Receipt> {
    await eventually(async () => (await this.receipts(number))[0]?.status === 'done');
    return (await this.receipts(number))[0]!;
  }
}

export async function registers(fake: FakeFreeSwitch, phone: Phone): Promise<boolean> {
  return (await fake.register(phone)).status === 200;
}

async function started(
  lane: Lane,
  fakes: FakeFreeSwitch[],
  database?: Dialplane['database'],
): Promise<Dialplane> {
  const nodes = { FREESWITCH_NODES: fakes.map(({ address }) => address).join(' ') };
  const dialplane = await Dialplane.start(lane, nodes, database);
  for (const fake of fakes) {
    fake.directoryUrl = `${dialplane.url}/freeswitch/directory`;
    await nodeReady(dialplane, fake.name);
  }
  return dialplane;
}
