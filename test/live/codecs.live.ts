import { ScriptedPhone } from './scripted-phone';
import { codecsOf } from './sip-message';
import { describeLive, type Site } from './site';
import { freePort } from './waiting';

const [PCMU, PCMA, G722] = [0, 8, 9];
const OUTSIDE = '0987654321';
let trunkPort = 0;

const options = async (): Promise<object> => {
  trunkPort = await freePort();
  return { phones: 0, freeswitch: { TRUNK_ADDRESS: `127.0.0.1:${trunkPort}` } };
};

describeLive('codecs', options, (site) => {
  const check: Site['check'] = (...finding) => site().check(...finding);

  it('the other side is offered all of ours, that of the caller first', async () => {
    const { sipPort } = site().freeswitch;
    const caller = await ScriptedPhone.create(sipPort);
    const trunk = await ScriptedPhone.create(sipPort, trunkPort);
    const phone = await ScriptedPhone.create(sipPort);
    const [from, to] = [await site().extension('8801'), await site().extension('8802')];
    await phone.register(to);
    for (const [number, far] of [
      ['8802', phone],
      [OUTSIDE, trunk],
    ] as const) {
      for (const offered of [[PCMA], [PCMU], [PCMU, PCMA], [G722, PCMU]]) {
        for (const wanted of [PCMA, PCMU]) {
          far.reply = { answers: [wanted] };
          const call = await caller.call(from, number, { codecs: offered });
          check(`to ${number}: ${offered.join()} calls ${wanted}`, call.status, 200);
          const first = offered.find((codec) => codec !== G722);
          const rest = [PCMA, PCMU].filter((codec) => codec !== first);
          const seen = codecsOf(far.invites.at(-1) ?? '').filter((codec) => codec === PCMA || codec === PCMU);
          check('offered', seen, [first, ...rest]);
          check('the caller keeps its own', offered.includes(codecsOf(call.answer)[0] ?? -1), true);
          await call.hangUp();
          await site().quiet();
        }
      }
    }
    [caller, trunk, phone].forEach((each) => each.close());
  });
});
