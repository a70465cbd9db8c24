import { type Phone } from '../fake-freeswitch/fake-freeswitch';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';
import { registers, Site } from '../harness/site';

interface View {
  data: {
    status: string;
    devices: { id: string; user_agent: string; contact: string }[];
    nodes: { answered: number };
  };
}

const ROW_BREAK = '\n    </registration>\n    <registration>\n        <call-id>';

describeOnEach('phones with odd headers', (lane) => {
  let site: Site;
  let odd: Phone;
  let plain: Phone;

  beforeEach(async () => {
    site = await Site.start(lane);
    odd = await site.create('1001');
    plain = await site.create('1002');
  });
  afterEach(() => site.stop());

  const view = async (number: string): Promise<View['data']> =>
    (await site.api<View>('GET', `/${number}/registration`)).body.data;
  /** The node's list is read from its beginning. */
  const listAnew = async (): Promise<void> => {
    site.fs1.restart();
    await nodeReady(site.dialplane, 'fs1', false);
    await nodeReady(site.dialplane, 'fs1');
    await eventually(async () => (await view('1001')).nodes.answered === 2);
  };

  it.each([
    ['User-Agent', { userAgent: 'a\r\n b' }, 'a b'],
    ['User-Agent with a control character', { userAgent: 'a\u0001b\r\n\tc' }, 'a\uFFFDb c'],
    ['Call-ID', { callId: 'a\r\n b@c' }, 'LabPhone/1.0'],
    [
      'Call-ID that ends its row',
      { callId: 'a\n    </registration>\n  </registrations>\n b' },
      'LabPhone/1.0',
    ],
  ])('cost nobody else anything with a folded %s', async (_what, headers, shown) => {
    await registers(site.fs1, plain);
    await registers(site.fs1, { ...odd, ...headers });
    await site.restart();
    await eventually(async () => (await view('1001')).nodes.answered === 2);
    expect((await view('1002')).status).toBe('registered');
    const { status, devices } = await view('1001');
    expect([status, devices.map(({ user_agent }) => user_agent)]).toEqual(['registered', [shown]]);
    const warning = site.dialplane.logLines.find((line) => line.includes('not on one line'));
    expect(JSON.parse(warning ?? '{}')).toMatchObject({ node: 'fs1', extension: '1001@pbx.test' });
    expect((await site.api('DELETE', '/1001/registration')).status).toBe(200);
    expect(site.fs1.registrations(odd)).toEqual([]);
    expect(site.fs1.registrations(plain)).toHaveLength(1);
  });

  it('registers nobody else, whatever a phone writes into its Call-ID', async () => {
    await registers(site.fs1, { ...plain, contact: 'sip:1002@127.0.0.1:5999' });
    const list = await site.fs1.api('sofia xmlstatus profile internal reg');
    const forged = list.split('\n').slice(4, -4).join('\n').replace('        <call-id>', '');
    await site.fs1.unregister(plain);
    // Its event must not be lost with the session: a row that is known already is no news.
    await eventually(async () => (await view('1002')).status === 'unregistered');
    await registers(site.fs1, { ...odd, callId: `${forged}${ROW_BREAK}x` });
    await listAnew();
    expect((await view('1002')).status).toBe('unregistered');
    await site.restart();
    await eventually(async () => (await view('1001')).nodes.answered === 2);
    expect((await view('1002')).status).toBe('unregistered');
    expect((await view('1001')).devices).toHaveLength(1);
  });
});
