import { createHash } from 'node:crypto';
import { DEVICE_ID, deviceId } from './device-id';

it('a device id is the beginning of a hash over node, profile and contact', () => {
  const contact = '"" <sip:1001@10.0.0.1:5060>';
  const hash = createHash('sha256').update(`fs1|internal|${contact}`).digest('hex');
  expect(deviceId('fs1', 'internal', contact)).toBe(hash.slice(0, 16));
  expect(deviceId('fs1', 'internal', contact)).toMatch(DEVICE_ID);
  expect(deviceId('fs2', 'internal', contact)).not.toBe(deviceId('fs1', 'internal', contact));
});
