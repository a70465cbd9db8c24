import { type Device, reachOf } from '../registrations/state/device';
import { type Facts } from './facts';
import { LATELY_MS, phone, time, type Words } from './words';

/** The extension is registered, and whether all is well with that. Null: it is not. */
export function registered({ number, view, seen, previousPassword, now }: Facts): Words | null {
  if (view.state !== 'registered') return null;
  const where = view.devices.map(
    ({ node, networkIp, networkPort, agent }) => `on ${node} from ${networkIp}:${networkPort} (${agent})`,
  );
  const since = view.since === null ? '' : ` since ${time(view.since)}`;
  const summary = `Extension ${number} is registered${since}: ${where.join(', ')}.`;
  const silent = view.devices.filter((device) => reachOf(device).reachable === false);
  if (silent.length > 0) return doNotRing(summary, silent, view.devices.length);
  if (seen.ended && seen.ended.at > now - LATELY_MS) {
    return [
      `${summary} Another contact of it was ended at ${time(seen.ended.at)}: ${seen.ended.summary}.`,
      seen.ended.nextStep,
    ];
  }
  const refused = seen.attempts.find(({ result }) => result === 'refused');
  const [newest] = seen.attempts;
  if (!refused || refused !== newest) {
    if (!previousPassword) return [summary, 'Nothing is wrong.'];
    return [
      `${summary} It has not registered since the password was changed.`,
      'Enter the new password in the phone: its next registration with the old one will be refused.',
    ];
  }
  return [
    `${summary} ${phone(refused)} was refused at ${time(refused.at)}.`,
    'If that is a phone of this extension, enter the password in it again.',
  ];
}

/** Calls do not reach some of the phones. */
function doNotRing(summary: string, silent: readonly Device[], count: number): Words {
  const reasons = silent.map(
    (device) => `${device.networkIp}:${device.networkPort}: ${reachOf(device).why ?? ''}`,
  );
  const which = silent.length === count ? 'No call reaches it' : 'Calls do not reach all of its phones';
  return [
    `${summary} ${which}. ${reasons.join(' ')}`,
    'Give the account in that phone a plain user name, such as the extension number, or see whether the phone is on and its network lets FreeSWITCH through.',
  ];
}
