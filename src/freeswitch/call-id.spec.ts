import { hostInCallId, isHarmlessCallId } from './call-id';

describe('a Call-ID', () => {
  it.each(['9393-1@10.0.0.5', 'a84b4c76e66710', 'f81d4fae-7dec-11d0@biloxi.example', 'x'.repeat(150)])(
    '%s may stand in a command',
    (callId) => expect(isHarmlessCallId(callId)).toBe(true),
  );

  it.each(['', 'x'.repeat(151), 'reboot', 'ReBoot', 'a b', 'a,b', "a'b", 'a"b', 'a\\b', 'a\tb', 'a\nb', 'ä'])(
    '%j may not',
    (callId) => expect(isHarmlessCallId(callId)).toBe(false),
  );

  it.each([
    ['1-9393@10.0.0.5', '10.0.0.5'],
    ['Other.Test', 'other.test'],
    ['@other.test', 'other.test'],
    ['1002@other.test', 'other.test'],
    ['1002@a@other.test', 'a@other.test'],
    ['1002@', ''],
  ])('%s names the host %s', (callId, host) => expect(hostInCallId(callId)).toBe(host));
});
