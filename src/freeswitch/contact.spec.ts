import { leadsElsewhere, whyNotDialled } from './contact';

const HERE = '192.0.2.7';
const NAT = ';fs_nat=yes;fs_path=sip%3A1003%40192.0.2.7%3A5062';

describe('what FreeSWITCH sends to a contact goes back where it came from', () => {
  it.each([
    ['"" <sip:1003@192.0.2.7:5060>', HERE],
    ['"A" <sip:1003@192.0.2.7;transport=tcp>', HERE],
    ['"" <sip:(null)@192.0.2.7:5060>', HERE],
    ['"" <sips:1003@192.0.2.7>', HERE],
    ['"" <sip:1003@[2001:DB8:0::5]:5060>', '2001:db8::5'],
    ['"<sip:x@198.51.100.1>" <sip:1003@192.0.2.7>', HERE],
    [`"" <sip:1003@10.0.0.5:5060;x=1${NAT}%3Bx%3D1>`, HERE],
    [
      `"" <sip:k3j4@d8f7.invalid;transport=ws;fs_nat=yes;fs_path=sip%3Ak3j4%40192.0.2.7%3A42106%3Btransport%3Dws>`,
      HERE,
    ],
    ['"" <sip:1003@[::1];fs_nat=yes;fs_path=sip%3A1003%40%5B%3A%3A1%5D%3A5060>', '::1'],
    ['"" <sip:1003@192.0.2.7;maddr=192.0.2.7>', HERE],
    ['"" <sip:x%40y@10.0.0.5;fs_nat=yes;fs_path=sip%3Ax%40y%40192.0.2.7%3A5060>', HERE],
    ['"" <sip:1003@10.0.0.5;fs_path=%3Csip%3A192.0.2.7%3Blr%3E>', HERE],
  ])('%s from %s', (contact, from) => {
    expect(leadsElsewhere(contact, from)).toBeNull();
  });

  it.each([
    ['"" <sip:0088@198.51.100.1>', '198.51.100.1'],
    ['"" <sip:1003@trunk.example:5060>', 'trunk.example'],
    ['"" <sip:1003@192.0.2.7;maddr=198.51.100.1>', '198.51.100.1'],
    ['"" <sip:1003@192.0.2.7;m%61ddr=198.51.100.1>', '198.51.100.1'],
    ['"" <sip:1003@192.0.2.7;fs_path=sip%3A198.51.100.1>', '198.51.100.1'],
    [`"" <sip:1003@10.0.0.5;fs_path=sip%3A198.51.100.1${NAT}>`, '198.51.100.1'],
    ['"" <sip:1003@192.0.2.7;fs_path=%3Csip%3A198.51.100.1%3Blr%3E>', '198.51.100.1'],
    [`"" <sip:1003@10.0.0.5;maddr=198.51.100.1${NAT}%3Bmaddr%3D198.51.100.1>`, '198.51.100.1'],
    ['"" <sip:x@10.0.0.5;fs_path=sip%3A0088%40198.51.100.1%3Bx%40192.0.2.7%3A5060>', '198.51.100.1'],
    [
      '"" <sip:0088%40198.51.100.1%2C@10.0.0.5;fs_path=sip%3A0088%40198.51.100.1,%40192.0.2.7>',
      '198.51.100.1',
    ],
    ['"a\\"<sip:0088@198.51.100.1>" <sip:1003@192.0.2.7>', '198.51.100.1'],
    ['"" <sip:1003@192.0.2.7;fs_path=sip%3A0088%40198.51.100.1', '198.51.100.1'],
  ])('%s does not', (contact, elsewhere) => {
    expect(leadsElsewhere(contact, HERE)).toBe(elsewhere);
  });

  it('may pass the proxies that are named', () => {
    const through = (path: string): string => `"" <sip:1003@10.0.0.5;fs_path=${path}>`;
    const edge = '%3Csip%3Aproxy.example%3Blr%3E';
    const core = '%3Csip%3A192.0.2.8%3Blr%3E';
    const proxies = [HERE, '192.0.2.8', 'proxy.example'];
    expect(leadsElsewhere(through(`${core}%2C${edge}`), HERE, proxies)).toBeNull();
    expect(leadsElsewhere(through(`${core}%2C%3Csip%3A198.51.100.1%3E`), HERE, proxies)).toBe('198.51.100.1');
    expect(leadsElsewhere(through(edge), '192.0.2.9', proxies)).toBe('proxy.example');
  });
});

describe('what the dialplan dials', () => {
  it.each([
    '"" <sip:1003@192.0.2.7:5060>',
    '"" <sip:(null)@[2001:db8::5]:5060>',
    '"A" <sip:1003%40x@d8f7.invalid;transport=ws;rinstance=a1;fs_nat=yes;fs_path=sip%3Ax>',
    '"" <sip:1003@192.0.2.7;pn-prid=a&b:c;line=x/y+z>',
    '"<sip:o\'b@x>" <sips:1003@192.0.2.7>',
  ])('%s', (contact) => {
    expect(whyNotDialled(contact)).toBeNull();
  });

  it.each([
    [`"" <sip:o'b(1)@192.0.2.7>`, "The user part of its Contact holds ' ( ), which cannot be dialled."],
    ['"" <sip:1$,3@192.0.2.7>', 'The user part of its Contact holds $ ,, which cannot be dialled.'],
    ['"" <sip:1003@192.0.2.7;x=1:_:sofia/internal/1@x>', 'Its Contact holds :_: and is not dialled.'],
    ['"" <sip:1003@a,b>', 'The host of its Contact cannot be dialled.'],
    ['"" <sip:1003@192.0.2.7;x=[a]>', 'The parameters of its Contact hold what cannot be dialled.'],
    ['"" <tel:1003>', 'The host of its Contact cannot be dialled.'],
  ])('not %s', (contact, why) => {
    expect(whyNotDialled(contact)).toBe(why);
  });
});
