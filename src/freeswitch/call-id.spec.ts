import { separate } from '../../test/fake-freeswitch/arguments';
import { cutCallId, namesAccounts, quotedCallId } from './call-id';

describe('a Call-ID', () => {
  it.each([
    '9393-1@10.0.0.5',
    'a84b4c76e66710',
    'x'.repeat(1_000),
    'a b',
    ' a  b ',
    'a,b',
    "a'b",
    "'a b'",
    'a"b',
    'a\\b',
    'a\\',
    '\\s\\n\\\'\\"',
    'a\tb',
    'a\r\n b',
    '(a)',
    'a/b',
    '%a',
    '^^:a:b',
    'ä☎',
    'rebooted',
  ])('%j is one argument of a command', (callId) => {
    const quoted = quotedCallId(callId);
    expect(quoted).not.toMatch(/[\r\n]/);
    expect(separate(`profile internal flush_inbound_reg ${quoted}`)).toEqual([
      'profile',
      'internal',
      'flush_inbound_reg',
      callId,
    ]);
  });

  it.each(['', 'x'.repeat(1_001), 'reboot', 'ReBoot', 'a\u0000b', 'a\u001bb', 'a\u0085b', 'a\uFFFDb'])(
    '%j is none',
    (callId) => expect(quotedCallId(callId)).toBeNull(),
  );

  it('is kept as long as it may be, and so that it shows when it was longer', () => {
    expect(cutCallId('x'.repeat(1_000))).toHaveLength(1_000);
    expect(quotedCallId(cutCallId('x'.repeat(5_000)))).toBeNull();
  });

  it.each([
    ['1002@other.test', true],
    ['1002.other.test@other.test', true],
    ['1002.OTHER.test@other.TEST', true],
    ['1002@a@other.test', true],
    ['pbx.test', true],
    ['@PBX.test', true],
    ['abc@pbx.test', false],
    ['1-9393@10.0.0.5', false],
    ['a84b4c76e66710', false],
    ['1002@', true],
  ])('%s names accounts: %s', (callId, names) => expect(namesAccounts(callId, 'pbx.test')).toBe(names));
});
