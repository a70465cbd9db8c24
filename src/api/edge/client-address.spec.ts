import { Socket } from 'node:net';
import { clientAddress } from './client-address';

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8::7', '2001:db8::7'],
])('who sends from %s is told of as %s', (ip, told) => {
  expect(clientAddress({ ip, socket: new Socket() })).toBe(told);
});
