import { isIP, SocketAddress } from 'node:net';

const MAPPED = '::ffff:';

/**
 * An IP address in its one spelling: IPv6 as in RFC 5952 and without a zone, and an IPv4 address that came mapped into IPv6
 * (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) as IPv4. `undefined` where `text` is no address.
 */
export function canonicalAddress(text: string): string | undefined {
  const version = isIP(text);
  if (version === 0) return undefined;
  // Written anew also where it would stay the same: a part of a header's text keeps the whole header in memory.
  const { address } = new SocketAddress({ address: text, family: version === 4 ? 'ipv4' : 'ipv6' });
  return address.startsWith(MAPPED) && address.includes('.') ? address.slice(MAPPED.length) : address;
}

/**
 * What counts as one place in the network: an IPv4 address, or the /64 of an IPv6 address, which is the least that
 * one customer gets (RFC 6177 §2), so each has 2^64 addresses to come from. Takes what `canonicalAddress` gives.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [left = '', right] = address.split('::');
  const groups = left === '' ? [] : left.split(':');
  if (right !== undefined) {
    const after = right === '' ? [] : right.split(':');
    while (groups.length + after.length < 8) groups.push('0');
    groups.push(...after);
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}
