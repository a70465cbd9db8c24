import { reachOfAny, transportOf } from './device';

const device = (
  reachable: boolean | null,
  reachableSince: number | null = null,
  contact = '<sip:1001@192.0.2.1>',
) => ({
  contact,
  reachable,
  reachableSince,
  since: 5,
});

describe('what is told of devices', () => {
  it.each([
    ['Registered(WS-NAT)', 'ws'],
    ['Registered(WSS-NAT)', 'wss'],
    // These repeat what the Contact claims.
    ['Registered(UDP)', 'unknown'],
    ['Registered(TLS)', 'unknown'],
    ['Registered(TCP-NAT)', 'unknown'],
    ['Registered(AUTO-NAT-2.0)', 'unknown'],
    ['', 'unknown'],
  ])('%s says that it came by %s', (status, transport) => expect(transportOf(status)).toBe(transport));

  it.each([
    ['none', [], null, null],
    ['one not asked yet', [device(null)], null, null],
    ['one that answers, and one that does not', [device(false, 1), device(true, 2)], true, 2],
    ['two that answer', [device(true, 4), device(true, 3)], true, 3],
    ['two that do not', [device(false, 4), device(false, 3)], false, 4],
    ['two that do not, one since nobody knows when', [device(false, 4), device(false)], false, null],
    ['one that does not, and one not asked yet', [device(false, 4), device(null)], null, null],
    ['one that cannot be dialled', [device(true, 4, "<sip:o'b@192.0.2.1>")], false, 5],
  ])('calls reach an extension with %s as they should', (_with, devices, reachable, since) =>
    expect(reachOfAny(devices)).toEqual({ reachable, since }),
  );
});
