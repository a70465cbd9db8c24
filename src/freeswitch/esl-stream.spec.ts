import { FakeFreeSwitch } from '../../test/fake-freeswitch/fake-freeswitch';
import { streamAnswer } from './esl-stream';
import { Lines } from './lines';
import { type NodeAddress, parseNodes } from './node-address';

describe('an answer in pieces', () => {
  let fs: FakeFreeSwitch;
  let address: NodeAddress;

  beforeEach(async () => {
    fs = await FakeFreeSwitch.start({ name: 'fs1' });
    address = parseNodes(fs.address)[0]!;
  });
  afterEach(() => fs.stop());

  async function answer(
    more: { times?: object; signal?: AbortSignal; at?: NodeAddress } = {},
  ): Promise<string> {
    const lines: string[] = [];
    const cut = new Lines((line) => lines.push(line));
    const { at = address, signal = new AbortController().signal, times = {} } = more;
    await streamAnswer(at, 'list', (piece) => cut.push(piece), { signal, times });
    cut.end();
    return lines.join('\n');
  }

  it.each([0, 1, 7])('is whole, cut into pieces of %s bytes', async (bytes) => {
    const text = `Nguyễn ☎️ ${'x'.repeat(50)}\n\nContent-Length: 5\n\nlast`;
    fs.answerWith('list', text);
    fs.splitWrites(bytes);
    expect(await answer()).toBe(text);
  });

  it('is not begun with a wrong password, and never tells it', async () => {
    const refused = answer({ at: { ...address, password: 'no-such-password' } });
    await expect(refused).rejects.toMatchObject({ code: 'ESL_CONNECTION_LOST' });
    await expect(refused).rejects.not.toThrow(/no-such-password/);
  });

  it('is not begun where nobody listens or an access list says no', async () => {
    fs.rejectByAcl();
    await expect(answer()).rejects.toMatchObject({ code: 'ESL_CONNECTION_LOST' });
    await fs.refuse();
    await expect(answer()).rejects.toMatchObject({ code: 'ESL_CONNECTION_LOST' });
  });

  it('is given up when the node hangs, and when it is no longer wanted', async () => {
    fs.hang();
    await expect(answer({ times: { begin: 50 } })).rejects.toMatchObject({ code: 'ESL_DEADLINE_MISSED' });
    const wanted = new AbortController();
    const waiting = answer({ signal: wanted.signal });
    wanted.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    fs.unhang();
    await fs.waitForNoConnection();
  });

  it('ends with what its reader throws', async () => {
    fs.answerWith('list', 'something');
    const read = streamAnswer(
      address,
      'list',
      () => {
        throw new Error('unreadable');
      },
      { signal: new AbortController().signal },
    );
    await expect(read).rejects.toThrow('unreadable');
    await fs.waitForNoConnection();
  });
});
