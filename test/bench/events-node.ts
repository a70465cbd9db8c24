import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { numberAt } from './requests';

/** How many phones register, and how fast. */
export interface Registers {
  count: number;
  perSecond: number;
}

const PHONES = 1_000;
const TURN_MS = 10;

/**
 * A FreeSWITCH node in a process of its own. A message says how many phones register: for each it fires the two events
 * that a real node was recorded to fire, with the variables of a user of ours, at an even pace. Then it answers `done`.
 */
async function main(): Promise<void> {
  const node = await FakeFreeSwitch.start({ name: 'bench' });
  process.on('message', ({ count, perSecond }: Registers) => {
    const began = performance.now();
    let fired = 0;
    const timer = setInterval(() => {
      const due = Math.min(count, Math.floor(((performance.now() - began) * perSecond) / 1_000));
      for (; fired < due; fired++) register(node, fired % PHONES);
      if (fired < count) return;
      clearInterval(timer);
      process.send?.('done');
    }, TURN_MS);
  });
  process.send?.(node.address);
}

function register(node: FakeFreeSwitch, index: number): void {
  const number = numberAt(index);
  const about = {
    contact: `"Desk ${number}" <sip:${number}@10.0.${index >> 8}.${index & 255}:5060;transport=udp>`,
    'call-id': `${index}-7f3a9c1e5b2d4f60@10.0.${index >> 8}.${index & 255}`,
    rpid: 'unknown',
    status: 'Registered(UDP)',
    expires: '3600',
    'to-user': number,
    'to-host': 'pbx.test',
    'network-ip': `10.0.${index >> 8}.${index & 255}`,
    'network-port': '5060',
    username: number,
    realm: 'pbx.test',
    'user-agent': `Yealink SIP-T46U 108.86.0.${index % 50}`,
  };
  const from = { 'profile-name': 'internal', 'from-host': 'pbx.test' };
  node.fire('sofia::register_attempt', { ...from, 'from-user': number, ...about, 'auth-result': 'RENEWED' });
  node.fire('sofia::register', {
    ...from,
    'from-user': `${number}.pbx.test`,
    'presence-hosts': 'n/a',
    ...about,
    'update-reg': 'true',
    ...variables(number),
  });
}

/** What FreeSWITCH copies from the directory into the event. */
const variables = (number: string): Record<string, string> => ({
  sip_number_alias: number,
  sip_auth_username: number,
  sip_auth_realm: 'pbx.test',
  number_alias: number,
  user_name: number,
  domain_name: 'pbx.test',
  user_context: 'dialplane',
  dialplane_tenant: 'pbx.test',
  effective_caller_id_number: number,
  effective_caller_id_name: `Desk ${number}`,
  dialplane_caller_name: `Desk%20${number}`,
  outbound_caller_id_number: '0901234567',
  outbound_caller_id_name: 'Bench',
  max_concurrent: '2',
  dialplane_max_legs: '4',
  recording_mode: 'none',
  dialplane_emergency_numbers: '113,114,115',
  voicemail_enabled: 'false',
  dialplane_mailbox: number,
  dialplane_mail_caller: `Desk ${number} ${number}`,
});

void main();
