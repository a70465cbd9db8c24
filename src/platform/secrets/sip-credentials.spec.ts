import { a1Hash } from './a1-hash';
import { generatePassword, randomAlphanumerics } from './password';
import { CannotUnseal, SealedBox } from './sealed-box';
import { SipCredentials } from './sip-credentials.service';

describe('the A1 hash', () => {
  it('is the one of RFC 2617', () => {
    expect(a1Hash('Mufasa', 'testrealm@host.com', 'Circle Of Life')).toBe('939e7578ed9e3c518a452acee763bce9');
  });

  it('takes passwords in UTF-8', () => {
    expect(a1Hash('1001', 'pbx.test', 'mật khẩu')).not.toBe(a1Hash('1001', 'pbx.test', 'mat khau'));
  });
});

describe('a made password', () => {
  it('is 24 letters and digits, never the same', () => {
    const made = Array.from({ length: 500 }, generatePassword);
    expect(made.every((password) => /^[A-Za-z0-9]{24}$/.test(password))).toBe(true);
    expect(new Set(made).size).toBe(made.length);
  });

  it('favours no character', () => {
    const counts = new Map<string, number>();
    for (const character of randomAlphanumerics(62_000))
      counts.set(character, (counts.get(character) ?? 0) + 1);
    // Chi-squared over 61 degrees of freedom: beyond 131 once in a million runs.
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
    expect(counts.size).toBe(62);
    expect(chi).toBeLessThan(131);
  });
});

describe('the sealed box', () => {
  const box = new SealedBox(Buffer.alloc(32, 1));

  it('opens what it sealed, and seals nothing twice alike', () => {
    const sealed = [box.seal('tệp', 'here'), box.seal('tệp', 'here')];
    expect(sealed[0]).not.toBe(sealed[1]);
    expect(sealed.map((text) => box.unseal(text, 'here'))).toEqual(['tệp', 'tệp']);
  });

  it('opens nothing elsewhere, under another key, or altered', () => {
    const sealed = box.seal('secret', 'here');
    const bytes = Buffer.from(sealed.slice(3), 'base64');
    bytes[13] = (bytes[13] ?? 0) ^ 1;
    expect(() => box.unseal(sealed, 'there')).toThrow(CannotUnseal);
    expect(() => new SealedBox(Buffer.alloc(32, 2)).unseal(sealed, 'here')).toThrow(CannotUnseal);
    expect(() => box.unseal(`v1.${bytes.toString('base64')}`, 'here')).toThrow(CannotUnseal);
    for (const text of ['', 'v1.', 'v1.AAAA', sealed.slice(0, -8)]) {
      expect(() => box.unseal(text, 'here')).toThrow(CannotUnseal);
    }
  });
});

describe('credentials', () => {
  const credentials = new SipCredentials(new SealedBox(Buffer.alloc(32, 1)));
  const identity = { tenantId: 1, number: '1001', realm: 'pbx.test' };

  it('keep the A1 hash, not the password', () => {
    const made = credentials.make(identity, 'chosen by me');
    expect(made).toMatchObject({ password: 'chosen by me', generated: false });
    expect(credentials.openA1(made.sealedA1, identity)).toBe(a1Hash('1001', 'pbx.test', 'chosen by me'));
    expect(credentials.openAnonymousA1(made.sealedA1, identity)).toBe(
      a1Hash('1001', 'anonymous.invalid', 'chosen by me'),
    );
    expect(made.sealedA1.length).toBeLessThanOrEqual(255);
  });

  it('open what was sealed before there was a second hash', () => {
    const sealed = new SealedBox(Buffer.alloc(32, 1)).seal('0f'.repeat(16), 'a1 of 1001 in tenant 1');
    expect(credentials.openA1(sealed, identity)).toBe('0f'.repeat(16));
    expect(credentials.openAnonymousA1(sealed, identity)).toBeNull();
  });

  it("do not open in another extension's place, nor a PIN in a hash's", () => {
    const { sealedA1 } = credentials.make(identity);
    expect(() => credentials.openA1(sealedA1, { ...identity, number: '1002' })).toThrow(CannotUnseal);
    expect(() => credentials.openA1(sealedA1, { ...identity, tenantId: 2 })).toThrow(CannotUnseal);
    expect(() => credentials.openPin(sealedA1, identity)).toThrow(CannotUnseal);
  });
});
