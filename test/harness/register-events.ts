import { type FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';

export interface ToldContact {
  number: string;
  domain: string;
  /** With its angle brackets. */
  contact: string;
  callId?: string;
  agent?: string;
  networkIp?: string;
  networkPort?: string;
}

/** The event of a REGISTER, which the node itself does not keep. */
export function tellRegistered(fs: FakeFreeSwitch, told: ToldContact): void {
  fs.fire('sofia::register', { ...about(told), status: 'Registered(UDP)', expires: '600' });
}

/** The event of the contact's end. */
export function tellUnregistered(fs: FakeFreeSwitch, told: ToldContact): void {
  fs.fire('sofia::unregister', { ...about(told), expires: '0' });
}

function about(told: ToldContact): Record<string, string> {
  const { number, domain, contact } = told;
  return {
    'profile-name': 'internal',
    'from-user': `${number}.${domain}`,
    'from-host': domain,
    contact,
    'call-id': told.callId ?? `call-${number}`,
    'network-ip': told.networkIp ?? '192.0.2.1',
    'network-port': told.networkPort ?? '5060',
    username: number,
    realm: domain,
    'user-agent': told.agent ?? 'Phone',
  };
}
