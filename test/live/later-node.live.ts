import { RealFreeSwitch } from './real-freeswitch';
import { describeLive, type Site, XML_CURL_PASSWORD } from './site';
import { Phone } from './sipp';
import { eventually, freePort } from './waiting';

const ESL_PASSWORD = 'later-esl';

interface Receipt {
  status: string;
  nodes: { node: string; status: string; dropped_contacts: number }[];
}

describeLive('a FreeSWITCH that is named only later', { second: true }, (site) => {
  const check: Site['check'] = (...finding) => site().check(...finding);
  let later: RealFreeSwitch;
  let eslPort: number;
  let phone: Phone;

  beforeAll(async () => {
    eslPort = await freePort();
    later = await RealFreeSwitch.start({
      directoryUrl: site().app.directoryUrl,
      username: 'freeswitch',
      password: XML_CURL_PASSWORD,
      eslPort,
      eslPassword: ESL_PASSWORD,
      // Like the first one: the run of the program alone tells them apart.
      name: 'live0',
    });
    phone = await Phone.create(later.sipPort);
  });
  afterAll(async () => {
    await phone.destroy();
    await later.stop();
  });

  const receipt = async (number: string): Promise<Receipt> => {
    const { body } = await site().api('GET', `/extensions/${number}/revocations`);
    return (body.data as Receipt[])[0]!;
  };

  it('keeps its phone, as the receipt says, until it is added', async () => {
    const [deleted, kept] = [await site().extension('7001'), await site().extension('7002')];
    const other = await Phone.create(later.sipPort);
    check('REGISTER at a node that is not known', await phone.register(deleted), 200);
    check('the other phone', await other.register(kept), 200);
    check('delete', (await site().api('DELETE', '/extensions/7001')).status, 200);
    check('contacts there after it', await site().contactsOf(deleted, later), 1);
    const before = await receipt('7001');
    check('the receipt is done', before.status === 'done', false);
    check('it says unknown', before.nodes.map(({ status }) => status).includes('unknown'), true);
    const added = performance.now();
    await site().app.cli('node', 'add', 'later', `esl://:${ESL_PASSWORD}@127.0.0.1:${eslPort}`);
    await eventually('the phone is gone', async () => (await site().contactsOf(deleted, later)) === 0);
    site().findings.note(
      'ms from node add until the phone is gone',
      String(Math.round(performance.now() - added)),
    );
    check('the other phone is there', await site().contactsOf(kept, later), 1);
    check('its status', await site().statusWithin('7002', 'registered'), 'registered');
    await eventually('the receipt is done', async () => (await receipt('7001')).status === 'done');
    const { nodes } = await receipt('7001');
    check(
      'the receipt',
      nodes.map(({ node, status, dropped_contacts: dropped }) => [node, status, dropped]),
      [
        ['fs0', 'verified', 0],
        ['later', 'verified', 1],
      ],
    );
    check('REGISTER after it', await phone.register(deleted), 403);
    await other.destroy();
  });
});
