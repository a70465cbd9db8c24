import { preprocess } from './preprocessor';

describe('preprocess', () => {
  const globals = { domain: 'pbx.test', pass: 's3cret', html: '<b a="1">', empty: '' };
  const run = (text: string): { text: string; executed: string[] } => preprocess(text, globals);

  it.each([
    ['<a b="x"/>', '<a b="x"/>'],
    ['<a b="$${domain}"/>', '<a b="pbx.test"/>'],
    ['$${domain}$${pass}', 'pbx.tests3cret'],
    ['a$${unknown}b$${empty}c', 'abc'],
    ['$${html}', '<b a="1">'],
    ['$${a{b}c}x', 'x'],
    ['$${open', '$${open'],
    ['${domain} $domain', '${domain} $domain'],
    ['&#36;&#36;{domain} &#88;-PRE-PROCESS', '&#36;&#36;{domain} &#88;-PRE-PROCESS'],
    ['<?xml version="1.0"?><a/>', ''],
    ['<?xml version="1.0"?>\n<a/>\n', '<a/>\n'],
    ['<include>\n<a/>\n</include>\n', '<a/>\n'],
    ['1\r<?x\r2', '1\r2'],
    ['$${domain}<include>', 'pbx.test<include>'],
    ['1\nsay x-Pre-process here\n2', '1\n2'],
    ['a <!-- plain --> b', 'a <!-- plain --> b'],
    ['a <!--#unknown x--> b', 'a  b'],
    ['a <!--#unknown\nlost\nlost --> b\nc', 'a  b\nc'],
  ])('makes of %j %j', (text, left) => {
    expect(run(text)).toEqual({ text: left, executed: [] });
  });

  it.each([
    ['before <X-PRE-PROCESS cmd="exec" data="id"/> after', '', ['exec id']],
    ['<x-pre-process CMD="Exec-Set" DATA="a=id"/>', '', ['exec-set a=id']],
    ['<X-PRE-PROCESS cmd="unknown" data="id"/>', '', []],
    ['a<!--#exec "id"-->b', 'ab', ['exec id']],
    ['<X-PRE-PROCESS cmd="set" data="domain= other"/>\n$${domain}', 'other', ['set domain= other']],
  ])('carries out what %j asks for', (text, left, executed) => {
    expect(run(text)).toEqual({ text: left, executed });
  });
});
