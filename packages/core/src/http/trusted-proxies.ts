import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv4 } from 'node:net';
import { canonicalAddress } from '../connection/address.ts';

/** Which proxies are believed: none, this many before the server, or those at these addresses. */
export type TrustProxy = false | number | readonly string[];

/** Every address of this machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
const LOOPBACK = ['127.0.0.0/8', '::1'];
/** An address with zone, brackets and port has fewer characters. */
const MAX_ENTRY_LENGTH = 100;

/** What clients and pages see of this server. */
export interface PublicOrigin {
  readonly host: string | undefined;
  /** `http` or `https`; `undefined` where nobody who is trusted said. */
  readonly scheme: string | undefined;
}

/**
 * Believes what proxies say of a request (`X-Forwarded-For`, `-Host`, `-Proto`), as far as they are trusted.
 * Everything to the left of what a trusted proxy wrote may have been made up by the client.
 */
export class TrustedProxies {
  readonly #trusts: (address: string, hop: number) => boolean;

  constructor(trustProxy: TrustProxy) {
    this.#trusts =
      typeof trustProxy === 'number'
        ? (_address, hop) => hop < trustProxy
        : trustProxy === false
          ? () => false
          : addressesIn(trustProxy);
  }

  /** The client's address; empty where there is none. */
  addressOf(req: IncomingMessage): string {
    return this.clientOf(req.socket.remoteAddress, String(req.headers['x-forwarded-for'] ?? ''));
  }

  /**
   * Walks from the socket's other end, `peer`, through `X-Forwarded-For` from right to left, while the address reached is
   * trusted. What is no address ends the walk: the one before it is as far as is known.
   */
  clientOf(peer: string | undefined, forwardedFor: string): string {
    let address = canonicalAddress(peer ?? '') ?? '';
    let end = forwardedFor.length;
    for (let hop = 0; end > 0 && this.#trusts(address, hop); hop++) {
      const start = forwardedFor.lastIndexOf(',', end - 1) + 1;
      const before = forwardedAddress(forwardedFor.slice(start, end));
      if (before === undefined) break;
      address = before;
      end = start - 1;
    }
    return address;
  }

  /** The host and scheme that the client asked for: as the nearest proxy tells, where that is trusted. */
  publicOriginOf({ headers, socket }: IncomingMessage): PublicOrigin {
    if (!this.#trusts(canonicalAddress(socket.remoteAddress ?? '') ?? '', 0)) {
      return { host: headers.host, scheme: undefined };
    }
    const scheme = lastOf(headers['x-forwarded-proto'])?.toLowerCase();
    // Some proxies (Traefik) name the scheme of the WebSocket.
    const pageScheme = scheme === 'wss' ? 'https' : scheme === 'ws' ? 'http' : scheme;
    return { host: lastOf(headers['x-forwarded-host']) ?? headers.host, scheme: pageScheme };
  }
}

/** Whether `text` may stand in a list of proxies: `loopback`, an address, or a subnet that is not the whole network. */
export function isProxyAddress(text: string): boolean {
  return text === 'loopback' || parseSubnet(text) !== undefined;
}

interface Subnet {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly bits: number;
}

/** An address, or a subnet in CIDR notation (RFC 4632 §3.1). */
function parseSubnet(text: string): Subnet | undefined {
  const slash = text.indexOf('/');
  const written = slash === -1 ? text : text.slice(0, slash);
  const address = canonicalAddress(written);
  if (address === undefined) return undefined;
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const most = family === 'ipv4' ? 32 : 128;
  if (slash === -1) return { address, family, bits: most };
  const bits = text.slice(slash + 1);
  // A subnet of IPv4 written as IPv6 counts its bits otherwise; nobody has to write it so.
  const isMapped = family === 'ipv4' && written.includes(':');
  if (isMapped || !/^[1-9]\d{0,2}$/.test(bits) || Number(bits) > most) return undefined;
  return { address, family, bits: Number(bits) };
}

function addressesIn(list: readonly string[]): (address: string) => boolean {
  // One list a family: a `BlockList` takes `::/8` for all of IPv4 as well.
  const subnets = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const text of list.flatMap((entry) => (entry === 'loopback' ? LOOPBACK : [entry]))) {
    const { address, family, bits } = parseSubnet(text)!;
    subnets[family].addSubnet(address, bits, family);
  }
  return (address) => {
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    return address !== '' && subnets[family].check(address, family);
  };
}

/** One entry of `X-Forwarded-For`: an address, perhaps with a port, IPv6 perhaps in brackets. */
function forwardedAddress(entry: string): string | undefined {
  const text = entry.trim();
  if (text.length > MAX_ENTRY_LENGTH) return undefined;
  const withPort = /^(?:\[([^\]]+)\]|(\d[\d.]+))(?::\d{1,5})?$/.exec(text);
  return canonicalAddress(withPort?.[1] ?? withPort?.[2] ?? text);
}

/** The last of several values: the one that the nearest proxy wrote. */
function lastOf(header: string | string[] | undefined): string | undefined {
  const last = String(header ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  return last === '' ? undefined : last;
}
