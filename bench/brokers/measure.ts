import { randomUUID } from 'node:crypto';
import { Remote } from '../fanout/remote.ts';
import type { ContenderName, Service } from './contender.ts';
import type { NodeCommands } from './node.ts';

/** How much is sent, and how. */
export interface Scenario {
  readonly channels: number;
  readonly perChannel: number;
  readonly ms: number;
}

/** What one contender did in one round. */
export interface Flood {
  /** Messages that arrived in a second. */
  readonly perSecond: number;
}

/** What goes before each measurement: nodes that run for days are measured, not their first second. */
const WARM_UP_MS = 1_500;
const WARM_UP_SINGLES = 500;
/** Single messages that a contender sends before it is the next one's turn. */
const TURN = 25;
/** Over how many channels the log is spread that a late node reads. */
const FILL_CHANNELS = 2_000;

/** A sending and a receiving node of one contender, in processes of their own. */
class Pair {
  readonly #sender = new Remote<NodeCommands>(new URL('node.ts', import.meta.url));
  readonly #receiver = new Remote<NodeCommands>(new URL('node.ts', import.meta.url));
  #arrived = 0;
  #look: (() => void) | undefined;

  async open(contender: ContenderName, service: Service, channels: readonly string[]): Promise<void> {
    this.#receiver.onEvent = (count) => {
      this.#arrived = count as number;
      // A sender that has ended needs no news.
      void this.#sender.call('arrived', { count: this.#arrived }).catch(() => undefined);
      this.#look?.();
    };
    await this.#receiver.call('openReceiver', { contender, service, channels });
    await this.#sender.call('openSender', { contender, service });
  }

  async flood(channels: readonly string[], perChannel: number, ms: number): Promise<Flood> {
    await this.#warmUp(channels, perChannel);
    const before = this.#arrived;
    const began = performance.now();
    const sent = await this.#sender.call('flood', { channels, perChannel, ms });
    await this.#until(before + sent);
    return { perSecond: sent / ((performance.now() - began) / 1_000) };
  }

  async warmUpSingles(channel: string): Promise<void> {
    await this.#warmUp([channel], 1);
    await this.#sender.call('drip', { channel, count: WARM_UP_SINGLES, gapMs: 1 });
    await this.#receiver.call('watchLatency', undefined);
  }

  async singles(channel: string, count: number): Promise<void> {
    await this.#sender.call('drip', { channel, count, gapMs: 2 });
  }

  latencies(count: number): Promise<readonly number[]> {
    return this.#receiver.call('latencies', { count });
  }

  async end(): Promise<void> {
    await Promise.all([this.#sender.end(), this.#receiver.end()]);
  }

  async #warmUp(channels: readonly string[], perChannel: number): Promise<void> {
    const sent = await this.#sender.call('flood', { channels, perChannel, ms: WARM_UP_MS });
    await this.#until(sent);
  }

  /** Resolves when so many have arrived. One too many is a fault as well. */
  async #until(count: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(() => reject(new Error(`${count} were sent, ${this.#arrived} arrived`)), 10_000);
    this.#look = () => {
      if (this.#arrived > count) reject(new Error(`${count} were sent, ${this.#arrived} arrived`));
      if (this.#arrived >= count) resolve();
    };
    this.#look();
    try {
      await promise;
    } finally {
      clearTimeout(late);
      this.#look = undefined;
    }
  }
}

/** Ticks as fast as they go. */
export async function measureFlood(contender: ContenderName, service: Service, scenario: Scenario): Promise<Flood> {
  const channels = Array.from({ length: scenario.channels }, (_, index) => `bench.${index}`);
  const pair = new Pair();
  try {
    await pair.open(contender, service, channels);
    return await pair.flood(channels, scenario.perChannel, scenario.ms);
  } finally {
    await pair.end();
  }
}

/** Fills the log; gives the milliseconds that a node in a new process then takes from its start until it is healthy. */
export async function measureStart(contender: ContenderName, service: Service, count: number): Promise<number> {
  const channels = Array.from({ length: FILL_CHANNELS }, (_, index) => `bench.${index}`);
  const last = randomUUID();
  const writer = new Remote<NodeCommands>(new URL('node.ts', import.meta.url));
  const late = new Remote<NodeCommands>(new URL('node.ts', import.meta.url));
  try {
    await writer.call('openSender', { contender, service });
    await writer.call('fill', { channels, count, last });
    return await late.call('startLate', { contender, service, channel: channels[0]!, last });
  } finally {
    await Promise.all([writer.end(), late.end()]);
  }
}

/**
 * One message at a time: microseconds from before the call of publish to the other node's link, sorted. All contenders are there at once,
 * on one server, and take turns of a few messages: what else the machine does falls on all of them alike.
 */
export async function measureLatencies(
  contenders: readonly ContenderName[],
  service: Service,
  count: number,
): Promise<ReadonlyMap<ContenderName, readonly number[]>> {
  const pairs = new Map(contenders.map((contender) => [contender, new Pair()]));
  try {
    for (const [contender, pair] of pairs) {
      await pair.open(contender, service, ['bench']);
      await pair.warmUpSingles('bench');
    }
    for (let left = count; left > 0; left -= TURN) {
      for (const pair of pairs.values()) await pair.singles('bench', Math.min(TURN, left));
    }
    const taken = new Map<ContenderName, readonly number[]>();
    for (const [contender, pair] of pairs) {
      taken.set(
        contender,
        (await pair.latencies(count)).toSorted((a, b) => a - b),
      );
    }
    return taken;
  } finally {
    await Promise.all(Array.from(pairs.values(), (pair) => pair.end()));
  }
}
