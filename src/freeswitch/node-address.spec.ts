import { parseNodes } from './node-address';

describe('parseNodes', () => {
  it('reads nodes separated by spaces, with and without a name', () => {
    expect(parseNodes(' esl://:ClueCon@10.0.0.1:8021?name=fs1  esl://:x@fs-2.example:18021/ ')).toEqual([
      { name: 'fs1', host: '10.0.0.1', port: 8021, password: 'ClueCon' },
      { name: 'fs-2.example:18021', host: 'fs-2.example', port: 18021, password: 'x' },
    ]);
  });

  it('takes an empty text for no nodes', () => {
    expect(parseNodes('')).toEqual([]);
    expect(parseNodes('  ')).toEqual([]);
  });

  it('decodes the password, and takes the brackets off an IPv6 address', () => {
    expect(parseNodes('esl://:p%40ss%3A%2F%3F%25%20%C3%BC@[::1]:8021')).toEqual([
      { name: '[::1]:8021', host: '::1', port: 8021, password: 'p@ss:/?% ü' },
    ]);
  });

  it.each([
    ['another scheme', 'http://:SECRET@host:8021'],
    ['no scheme', ':SECRET@host:8021'],
    ['no password', 'esl://host:8021'],
    ['an empty password', 'esl://:@host:8021'],
    ['a user name', 'esl://admin:SECRET@host:8021'],
    ['no port', 'esl://:SECRET@host'],
    ['port 0', 'esl://:SECRET@host:0'],
    ['a port out of range', 'esl://:SECRET@host:70000'],
    ['no host', 'esl://:SECRET@:8021'],
    ['an odd host', 'esl://:SECRET@ho_st$:8021'],
    ['a path', 'esl://:SECRET@host:8021/SECRET'],
    ['a fragment', 'esl://:SECRET@host:8021#SECRET'],
    ['another parameter', 'esl://:SECRET@host:8021?nmae=SECRET'],
    ['two names', 'esl://:SECRET@host:8021?name=a&name=b'],
    ['an odd name', 'esl://:SECRET@host:8021?name=a%20b'],
    ['an unencoded slash in the password', 'esl://:SEC/RET@host:8021'],
    ['an unencoded percent in the password', 'esl://:SECRET%@host:8021'],
    ['a line break in the password', 'esl://:SECRET%0Aapi%20shutdown@host:8021'],
  ])('refuses %s in one sentence without the password', (_what, text) => {
    let message = '';
    try {
      parseNodes(`esl://:fine@first:8021 ${text}`);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('node 2');
    expect(message).not.toMatch(/SEC|RET|\n/);
  });

  it('refuses a name that stands twice', () => {
    expect(() => parseNodes('esl://:a@h:1?name=fs1 esl://:b@h:2?name=fs1')).toThrow(/fs1 stands twice/);
    expect(() => parseNodes('esl://:a@h:1 esl://:b@h:1')).toThrow(/h:1 stands twice/);
  });
});
