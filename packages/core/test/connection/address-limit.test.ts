import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressLimit } from '../../src/connection/address-limit.ts';

describe('AddressLimit', () => {
  it('refuses an address that has as many as it may have, until one has gone', () => {
    const limit = new AddressLimit(2);
    limit.add('192.0.2.1');
    expect(limit.refusal('192.0.2.1')).toBeUndefined();
    limit.add('192.0.2.1');
    expect(limit.refusal('192.0.2.1')).toMatchObject({ code: 'TOO_MANY_CONNECTIONS', retryable: true });
    expect(limit.refusal('192.0.2.2')).toBeUndefined();
    limit.remove('192.0.2.1');
    expect(limit.refusal('192.0.2.1')).toBeUndefined();
  });

  it('takes the addresses of one /64 for one', () => {
    const limit = new AddressLimit(1);
    limit.add('2001:db8:1:2::1');
    expect(limit.refusal('2001:db8:1:2:ffff::9')?.code).toBe('TOO_MANY_CONNECTIONS');
    expect(limit.refusal('2001:db8:1:3::1')).toBeUndefined();
  });

  it('refuses nobody where there is no limit', () => {
    const limit = new AddressLimit(undefined);
    for (let index = 0; index < 100; index++) limit.add('192.0.2.1');
    expect(limit.refusal('192.0.2.1')).toBeUndefined();
  });

  it('counts as a plain list does, whoever comes and goes', () => {
    const addresses = ['192.0.2.1', '192.0.2.2', ''];
    const step = fc.record({ address: fc.constantFrom(...addresses), comes: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step), (most, steps) => {
        const limit = new AddressLimit(most);
        const open: string[] = [];
        for (const { address, comes } of steps) {
          const count = open.filter((each) => each === address).length;
          expect(limit.refusal(address) === undefined).toBe(count < most);
          if (comes && count < most) {
            limit.add(address);
            open.push(address);
          } else if (!comes && count > 0) {
            limit.remove(address);
            open.splice(open.indexOf(address), 1);
          }
        }
      }),
    );
  });
});
