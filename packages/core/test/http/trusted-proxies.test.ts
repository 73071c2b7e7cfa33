import { describe, expect, it } from 'vitest';
import { isProxyAddress, TrustedProxies } from '../../src/http/trusted-proxies.ts';
import type { TrustProxy } from '../../src/http/trusted-proxies.ts';

const CLIENT = '203.0.113.7';

describe('the client’s address', () => {
  it.each<[string, TrustProxy, [peer: string | undefined, forwardedFor: string], string]>([
    ['is the socket’s, where nobody is trusted', false, ['127.0.0.1', CLIENT], '127.0.0.1'],
    ['is the socket’s, where that is no trusted proxy', ['10.0.0.0/8'], ['192.0.2.1', CLIENT], '192.0.2.1'],
    ['is the socket’s, where the proxy forwards nobody', 1, ['127.0.0.1', ''], '127.0.0.1'],
    ['is the last one that one proxy names', 1, ['10.0.0.1', `1.1.1.1, ${CLIENT}`], CLIENT],
    ['is the one before the last behind two proxies', 2, ['10.0.0.1', `1.1.1.1, ${CLIENT}, 10.0.0.2`], CLIENT],
    ['is the first one where there are fewer than proxies', 3, ['10.0.0.1', CLIENT], CLIENT],
    ['is the last one that is not trusted', ['10.0.0.0/8'], ['10.0.0.1', `1.1.1.1, ${CLIENT}, 10.9.9.9`], CLIENT],
    ['is the first one where all are trusted', ['10.0.0.0/8'], ['10.0.0.1', '10.0.0.3, 10.0.0.2'], '10.0.0.3'],
    ['comes through this machine’s own proxy', ['loopback'], ['127.0.0.9', CLIENT], CLIENT],
    ['comes through this machine’s own proxy in IPv6', ['loopback'], ['::1', CLIENT], CLIENT],
    ['comes through a proxy whose IPv4 is written as IPv6', ['127.0.0.1'], ['::ffff:127.0.0.1', CLIENT], CLIENT],
    ['comes through a proxy listed as mapped', ['::ffff:10.0.0.1'], ['10.0.0.1', CLIENT], CLIENT],
    ['comes through an IPv6 proxy, however that is written', ['2001:DB8:0::/48'], ['2001:db8::9', CLIENT], CLIENT],
    ['comes through a link-local proxy with a zone', ['fe80::/10'], ['fe80::1%eth0', CLIENT], CLIENT],
    ['comes over a Unix socket, where proxies are counted', 1, [undefined, CLIENT], CLIENT],
    ['is empty over a Unix socket, where they are listed', ['loopback'], [undefined, CLIENT], ''],
    ['is not IPv4 because a subnet of IPv6 spans it', ['::/8'], ['10.0.0.1', CLIENT], '10.0.0.1'],
  ])('%s', (_what, trustProxy, [peer, forwardedFor], address) => {
    expect(new TrustedProxies(trustProxy).clientOf(peer, forwardedFor)).toBe(address);
  });

  it.each<[string, string]>([
    ['203.0.113.7:5123', CLIENT],
    ['  203.0.113.7\t', CLIENT],
    ['::ffff:203.0.113.7', CLIENT],
    ['[::ffff:cb00:7107]:65535', CLIENT],
    ['[2001:DB8::0001]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['2001:db8::1%eth0', '2001:db8::1'],
  ])('is read from "%s"', (entry, address) => {
    expect(new TrustedProxies(1).clientOf('10.0.0.1', `1.1.1.1,${entry}`)).toBe(address);
  });

  it.each([
    'unknown',
    '_hidden',
    '"203.0.113.7"',
    'for=203.0.113.7',
    '203.0.113.7:',
    '203.0.113.7:123456',
    '203.0.113.007',
    '203.0.113.7.',
    '203.0.113',
    '[2001:db8::1',
    '2001:db8::1]:443',
    '[]:443',
    '[[::1]]',
    '1.1.1.1 203.0.113.7',
    '203.0.113.7;',
    '__proto__',
    '',
    '%00',
    '1'.repeat(4_096),
    `[${'a'.repeat(4_096)}]`,
    `::1%${'z'.repeat(4_096)}`,
  ])('stays with the last trusted one before the garbage "%.40s"', (entry) => {
    expect(new TrustedProxies(2).clientOf('10.0.0.1', `1.1.1.1, ${entry}`)).toBe('10.0.0.1');
    expect(new TrustedProxies(3).clientOf('10.0.0.1', `1.1.1.1, ${entry}, 10.0.0.2`)).toBe('10.0.0.2');
  });

  it('is found in no time in 16 KB of proxies, commas or blanks', () => {
    const proxies = new TrustedProxies(['10.0.0.0/8']);
    const startedAt = performance.now();
    expect(proxies.clientOf('10.0.0.1', '10.0.0.2,'.repeat(1_800) + '10.0.0.3')).toBe('10.0.0.2');
    for (const text of [',', ' ', '[', ':', '1.', '::ffff:'])
      proxies.clientOf('10.0.0.1', text.repeat(16_384 / text.length));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('a proxy in the list', () => {
  it.each([
    'loopback',
    '10.0.0.1',
    '10.0.0.0/8',
    '10.1.2.3/8',
    '10.0.0.1/32',
    '::1',
    'fc00::/7',
    '::1/128',
    '::ffff:10.0.0.1',
  ])('may be %s', (text) => expect(isProxyAddress(text)).toBe(true));

  it.each([
    '',
    '*',
    'all',
    'Loopback',
    'localhost',
    'proxy.example.com',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-8',
    '10.0.0.0/8.0',
    '10.0.0.0/255.0.0.0',
    '10.0.0',
    '10.0.0.1:80',
    '[::1]',
    '::ffff:10.0.0.0/104',
    '::ffff:10.0.0.0/24',
    ' 10.0.0.1',
  ])('may not be "%s"', (text) => expect(isProxyAddress(text)).toBe(false));
});
