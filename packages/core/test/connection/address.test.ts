import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress, networkOf } from '../../src/connection/address.ts';

describe('canonicalAddress', () => {
  it.each<[string, string]>([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::192.0.2.1', '::192.0.2.1'],
    ['::', '::'],
  ])('writes %s as %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each([
    '',
    ' 192.0.2.1',
    '192.0.2.1:80',
    '[::1]',
    '192.0.2.01',
    '192.0.2',
    '1',
    '0x7f.1',
    'localhost',
    '::1::',
    'x',
  ])('knows that "%s" is none', (text) => {
    expect(canonicalAddress(text)).toBeUndefined();
  });
});

describe('networkOf', () => {
  it.each<[string, string]>([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['2001:db8::3:4:5:6:7', '2001:db8:0:3::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['::192.0.2.1', '0:0:0:0::/64'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it('is the first 64 bits of every IPv6 address, however that is written', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 0, 0, 1, 0xffff), { minLength: 8, maxLength: 8 }), (groups) => {
        const address = canonicalAddress(groups.map((group) => group.toString(16)).join(':'))!;
        fc.pre(address.includes(':'));
        const first = groups.slice(0, 4).map((group) => group.toString(16));
        expect(networkOf(address)).toBe(`${first.join(':')}::/64`);
      }),
    );
  });
});
