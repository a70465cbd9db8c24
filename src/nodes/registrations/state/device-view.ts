import { sanitizeText } from '../../../core/sanitize-text';
import { uriOf } from '../../../freeswitch/contact';
import { deviceId } from '../../../freeswitch/device-id';
import { type Device, reachOf, type Transport } from './device';

/** FreeSWITCH keeps no longer ones. */
const LONGEST_CONTACT = 1_024;

/** A device without what changes at each refresh of its registration. Times: ms since 1970, in whole seconds. */
export interface DeviceView {
  /** The same as long as node and contact are. */
  id: string;
  /** A SIP URI, fit to be shown. */
  contact: string;
  agent: string;
  transport: Transport;
  networkIp: string;
  networkPort: number;
  /** Null: not known yet. */
  reachable: boolean | null;
  /** Null: not known. */
  reachableSince: number | null;
  /** In plain words; null when it is reachable, or that is not known. */
  whyUnreachable: string | null;
  node: string;
  profile: string;
  /** Null: since before Dialplane began to look. */
  since: number | null;
}

export function viewDevice(device: Device): DeviceView {
  const { why, reachable, since } = reachOf(device);
  return {
    id: deviceId(device.node, device.profile, device.contact),
    contact: sanitizeText(uriOf(device.contact), LONGEST_CONTACT),
    agent: device.agent,
    transport: device.transport,
    networkIp: device.networkIp,
    networkPort: device.networkPort,
    reachable,
    reachableSince: wholeSeconds(since),
    whyUnreachable: why,
    node: device.node,
    profile: device.profile,
    since: wholeSeconds(device.since),
  };
}

function wholeSeconds(ms: number | null): number | null {
  return ms === null ? null : Math.floor(ms / 1_000) * 1_000;
}
