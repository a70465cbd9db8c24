import { type EslFrame, EslFrames, frameHeader } from './esl-frames';

const EVENT = 'Content-Length: 10\nContent-Type: text/event-json\n\n{"a":"ü"}';
const REPLY = 'Content-Type: command/reply\nReply-Text: +OK accepted\n\n';
const STREAM = Buffer.from(
  `${REPLY}${EVENT}${EVENT}Content-Type: api/response\nContent-Length: 2\n\n\n\n${REPLY}`,
);

const WHOLE = [
  ['command/reply', REPLY, ''],
  ['text/event-json', EVENT, '{"a":"ü"}'],
  ['text/event-json', EVENT, '{"a":"ü"}'],
  ['api/response', 'Content-Type: api/response\nContent-Length: 2\n\n\n\n', '\n\n'],
  ['command/reply', REPLY, ''],
];

function frames(): { read: EslFrames; seen: string[][] } {
  const seen: string[][] = [];
  const take = ({ type, bytes, bodyAt }: EslFrame): void =>
    void seen.push([type, bytes.toString(), bytes.toString('utf8', bodyAt)]);
  return { read: new EslFrames(take), seen };
}

describe('EslFrames', () => {
  it.each([1, 2, 3, 7, 50, 64, STREAM.length])('cuts a stream that comes in pieces of %s bytes', (size) => {
    const { read, seen } = frames();
    for (let at = 0; at < STREAM.length; at += size) read.push(STREAM.subarray(at, at + size));
    expect(seen).toEqual(WHOLE);
  });

  it('hands over a frame as soon as its last byte is there', () => {
    const { read, seen } = frames();
    read.push(Buffer.from(EVENT).subarray(0, -1));
    expect(seen).toEqual([]);
    read.push(Buffer.from('}'));
    expect(seen).toEqual([WHOLE[1]]);
  });

  it.each(['-1', 'x', '1e99', '67108865'])('refuses a body of %s bytes', (length) => {
    const { read } = frames();
    expect(() => read.push(Buffer.from(`Content-Length: ${length}\n\n`))).toThrow(/a frame of .* bytes/);
  });

  it('refuses a head that does not end', () => {
    const { read } = frames();
    expect(() => read.push(Buffer.alloc(64 * 1024 + 1, 'x'))).toThrow('does not end');
    const slow = frames().read;
    expect(() => {
      for (let count = 0; count < 66; count++) slow.push(Buffer.alloc(1_024, 'x'));
    }).toThrow('does not end');
  });
});

describe('frameHeader', () => {
  it('is the value behind the whole name', () => {
    const head = 'Content-Type: a\nX-Content-Type: b\nReply-Text: -ERR c: d\nEmpty: ';
    expect(
      ['Content-Type', 'X-Content-Type', 'Reply-Text', 'Empty', 'Text'].map((name) =>
        frameHeader(head, name),
      ),
    ).toEqual(['a', 'b', '-ERR c: d', '', undefined]);
  });
});
