import { RealtimeError } from '@rt/protocol';
import { networkOf } from './address.ts';

/** Counts the connections of each address, where there is a limit. IPv6 addresses count by their /64. */
export class AddressLimit {
  readonly #most: number | undefined;
  readonly #counts = new Map<string, number>();

  /** `most` connections of one address; without it nothing is counted. */
  constructor(most: number | undefined) {
    this.#most = most;
  }

  /** Why `address` may not have one more connection. */
  refusal(address: string): RealtimeError | undefined {
    if (this.#most === undefined || (this.#counts.get(networkOf(address)) ?? 0) < this.#most) return undefined;
    return new RealtimeError('TOO_MANY_CONNECTIONS', 'this address has as many connections as it may have');
  }

  add(address: string): void {
    if (this.#most === undefined) return;
    const network = networkOf(address);
    this.#counts.set(network, (this.#counts.get(network) ?? 0) + 1);
  }

  /** One that was added has gone. */
  remove(address: string): void {
    const network = networkOf(address);
    const count = this.#counts.get(network);
    if (count === undefined) return;
    if (count > 1) this.#counts.set(network, count - 1);
    else this.#counts.delete(network);
  }
}
