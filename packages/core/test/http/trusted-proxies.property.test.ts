import fc from 'fast-check';
import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { canonicalAddress } from '../../src/connection/address.ts';
import { isProxyAddress, TrustedProxies } from '../../src/http/trusted-proxies.ts';

/** An address as a number, so that the model shares nothing with the code. */
interface Plain {
  readonly family: 4 | 6;
  readonly value: bigint;
}

const BITS = { 4: 32, 6: 128 } as const;
/** Few addresses, close together, so that subnets and lists hit often; and some from anywhere. */
const plain4 = fc
  .oneof(fc.bigInt({ min: 0x0a000000n, max: 0x0a000007n }), fc.bigInt({ min: 0n, max: 0xffffffffn }))
  .map((value): Plain => ({ family: 4, value }));
const plain6 = fc
  .oneof(
    fc.bigInt({ min: 0x20010db8n << 96n, max: (0x20010db8n << 96n) + 7n }),
    // Above everything that is IPv4 mapped into IPv6.
    fc.bigInt({ min: 1n << 64n, max: (1n << 128n) - 1n }),
  )
  .map((value): Plain => ({ family: 6, value }));
const plain = fc.oneof(plain4, plain6);

function dotted(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
}

function groups(value: bigint): string {
  return Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16)).join(
    ':',
  );
}

/** The spellings in which proxies write an address. */
function spellings({ family, value }: Plain): readonly [string, ...string[]] {
  if (family === 6) {
    const text = groups(value);
    return [text, text.toUpperCase(), `[${text}]`, `[${text}]:8443`, ` ${text} `];
  }
  const text = dotted(value);
  return [text, `${text}:80`, `::ffff:${text}`, `[::ffff:${text}]:1`, `\t${text}`, groups((0xffffn << 32n) | value)];
}

const spelled = plain.chain((address) =>
  fc
    .constantFrom(...spellings(address))
    .map((text) => ({ address, text: canonicalAddress(groupsOf(address))!, written: text })),
);

function groupsOf({ family, value }: Plain): string {
  return family === 4 ? dotted(value) : groups(value);
}

const subnet = plain.chain((address) =>
  fc.integer({ min: 1, max: BITS[address.family] }).map((bits) => ({ ...address, bits })),
);

function isWithin({ family, value }: Plain, net: Plain & { readonly bits: number }): boolean {
  const shift = BigInt(BITS[net.family] - net.bits);
  return family === net.family && value >> shift === net.value >> shift;
}

describe('trusted proxies', () => {
  it('are those within the subnets, as plain arithmetic says', () => {
    fc.assert(
      fc.property(fc.array(subnet, { minLength: 1, maxLength: 4 }), plain, plain, (nets, peer, client) => {
        const proxies = new TrustedProxies(nets.map((net) => `${groupsOf(net)}/${net.bits}`));
        const isTrusted = nets.some((net) => isWithin(peer, net));
        expect(proxies.clientOf(groupsOf(peer), groupsOf(client))).toBe(
          canonicalAddress(groupsOf(isTrusted ? client : peer)),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('are walked as in the plain list of addresses, in whatever spelling', () => {
    fc.assert(
      fc.property(
        spelled,
        fc.array(spelled, { maxLength: 6 }),
        fc.array(subnet, { maxLength: 3 }),
        (peer, chain, nets) => {
          const known = [peer, ...chain.toReversed()];
          const list = ['192.0.2.1', ...nets.map((net) => `${groupsOf(net)}/${net.bits}`)];
          const end = known.findIndex(({ address }) => !nets.some((net) => isWithin(address, net)));
          fc.pre(known.every(({ text }) => text !== '192.0.2.1'));
          expect(new TrustedProxies(list).clientOf(peer.text, chain.map(({ written }) => written).join(','))).toBe(
            known.at(end === -1 ? known.length - 1 : end)?.text,
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('are counted as in the plain list of addresses', () => {
    fc.assert(
      fc.property(
        spelled,
        fc.array(spelled, { maxLength: 6 }),
        fc.integer({ min: 1, max: 8 }),
        (peer, chain, count) => {
          const known = [peer, ...chain.toReversed()];
          const address = new TrustedProxies(count).clientOf(peer.text, chain.map(({ written }) => written).join(', '));
          expect(address).toBe(known[Math.min(count, known.length - 1)]?.text);
        },
      ),
    );
  });

  const hostile = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 4_096 }),
    fc
      .array(fc.constantFrom('1', '.', ':', '::', '[', ']', ',', ' ', 'f', '%', '1.1.1.1', '::1', '10.0.0.1'))
      .map((parts) => parts.join('')),
  );

  it('make a client’s own text count for nothing: only what stands right of it does', () => {
    const proxies = [new TrustedProxies(1), new TrustedProxies(['10.0.0.0/8'])];
    fc.assert(
      fc.property(hostile, plain6, (text, client) => {
        for (const each of proxies) {
          expect(each.clientOf('10.0.0.1', `${text},${groups(client.value)}`)).toBe(
            canonicalAddress(groups(client.value)),
          );
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throw, and find an address or stay with the proxy’s, whatever the header says', () => {
    const proxies = [
      new TrustedProxies(1),
      new TrustedProxies(16),
      new TrustedProxies(['loopback', '::/1', '0.0.0.0/1']),
    ];
    fc.assert(
      fc.property(hostile, fc.option(hostile, { nil: undefined }), (text, peer) => {
        for (const each of proxies) {
          const address = each.clientOf(peer, text);
          if (address !== '') expect([isIP(address) > 0, canonicalAddress(address)]).toEqual([true, address]);
          expect(isIP(each.clientOf('127.0.0.1', text))).toBeGreaterThan(0);
        }
        expect(typeof isProxyAddress(text)).toBe('boolean');
      }),
      { numRuns: 2_000 },
    );
  });
});
