import { element, escaped, NOT_FOUND } from './xml';

describe('the XML writer', () => {
  it('writes as itself only what no rule of FreeSWITCH can read', () => {
    expect(escaped('Mac I5, room 3-4: a@b.c/d+e=f_g')).toBe('Mac I5, room 3-4: a@b.c/d+e=f_g');
  });

  it.each([
    ['$${domain}', '&#x24;&#x24;&#x7B;domain&#x7D;'],
    ['X-PRE-PROCESS', '&#x58;-PRE-PROCESS'],
    ['x-pre-process', '&#x78;-pre-process'],
    ['<?xml', '&#x3C;&#x3F;xml'],
    ['"&\'', '&#x22;&#x26;&#x27;'],
    ['Ngọc 🎧', 'Ng&#x1ECD;c &#x1F3A7;'],
    ['a\r\nb\0', 'a&#xFFFD;&#xFFFD;b&#xFFFD;'],
    ['\uD800', '&#xFFFD;'],
  ])('writes %j as references', (value, written) => {
    expect(escaped(value)).toBe(written);
  });

  it('nests elements on one line', () => {
    expect(element('a', { b: '<' }, [element('c', {})])).toBe('<a b="&#x3C;"><c/></a>');
  });

  it('says "not found" as FreeSWITCH expects it', () => {
    expect(NOT_FOUND).toBe(
      '<document type="freeswitch/xml"><section name="result"><result status="not found"/></section></document>',
    );
  });
});
