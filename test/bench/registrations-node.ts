import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { type Row, xmlProfile, xmlStatus } from '../fake-freeswitch/registration-table';
import { numberAt } from './requests';

/** A FreeSWITCH node in a process of its own; told a number, it comes back from a restart with so many registrations. */
async function main(): Promise<void> {
  const node = await FakeFreeSwitch.start({ name: 'bench' });
  process.on('message', (count: number) => {
    const rows = Array.from({ length: count }, (_, index) => row(index));
    node.answerWith('sofia xmlstatus profile internal reg', xmlStatus(rows, 'bench', Date.now()));
    node.answerWith('sofia xmlstatus profile internal', xmlProfile('internal', count));
    node.restart();
    process.send?.('done');
  });
  process.send?.(node.address);
}

function row(index: number): Row {
  const number = numberAt(index);
  const ip = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
  return {
    callId: `${index}-7f3a9c1e5b2d4f60@${ip}`,
    user: `${number}.pbx.test`,
    host: 'pbx.test',
    contact: `"Desk ${number}" <sip:${number}@${ip}:5060;transport=udp;fs_nat=yes;fs_path=sip%3A${number}%40${ip}%3A5060>`,
    agent: `Yealink SIP-T46U 108.86.0.${index % 50}`,
    expires: Math.floor(Date.now() / 1000) + 3_600,
    networkIp: ip,
    networkPort: '5060',
    authUser: number,
    authRealm: 'pbx.test',
    extra: [],
  };
}

void main();
