import type { Cancel, Clock } from '../contracts/clock.ts';

/** What interest is taken in: the broker, or what stands before it. Both calls are idempotent. */
export interface Source {
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
}

/** Channels kept for nobody: more are let go at once, so that no client makes this node keep all that it ever named. */
const MAX_LINGERING = 10_000;

interface Channel {
  wanted: number;
  isSubscribed: boolean;
  /** The end of this channel's queue of calls: one at a time, so that subscribe and unsubscribe never race. */
  tail: Promise<void>;
  /** While nobody wants it, and it is kept in case somebody does again. */
  stopLingering: Cancel | undefined;
}

/** What interest needs of its node. */
export interface InterestServices {
  readonly clock: Clock;
  /** How long a channel that nobody wants any more is kept. */
  readonly lingerMs: number;
  /** Hears of unsubscribes that failed; a subscribe that failed rejects its `acquire`. */
  readonly report: (error: unknown, channel: string) => void;
}

/** Subscribes this node to exactly the channels that some connection wants. */
export class Interest {
  readonly #source: Source;
  readonly #services: InterestServices;
  readonly #channels = new Map<string, Channel>();
  #lingering = 0;

  constructor(source: Source, services: InterestServices) {
    this.#source = source;
    this.#services = services;
  }

  /** How many channels somebody holds, or has held a moment ago. */
  get size(): number {
    return this.#channels.size;
  }

  /** How many hold `name`. */
  count(name: string): number {
    return this.#channels.get(name)?.wanted ?? 0;
  }

  /** The first `limit` channels after `after` that somebody holds, in the order of their names, and how many hold each. */
  list(prefix: string, after: string, limit: number): [channel: string, count: number][] {
    return Array.from(this.#channels)
      .filter(([name, { wanted }]) => wanted > 0 && name > after && name.startsWith(prefix))
      .map(([name, { wanted }]): [string, number] => [name, wanted])
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .slice(0, limit);
  }

  /** Resolves when the broker delivers `channel` here. After a rejection the caller must not `release`. */
  async acquire(name: string): Promise<void> {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = { wanted: 0, isSubscribed: false, tail: Promise.resolve(), stopLingering: undefined };
      this.#channels.set(name, channel);
    }
    channel.wanted++;
    this.#stopLingering(channel);
    if (channel.isSubscribed && channel.wanted > 1) return;
    try {
      await this.#reconcile(name, channel);
    } catch (error) {
      this.release(name);
      throw error;
    }
  }

  /** The counterpart of one `acquire` that resolved. */
  release(name: string): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    channel.wanted--;
    if (channel.wanted > 0) return;
    const { clock, lingerMs } = this.#services;
    if (lingerMs === 0 || !channel.isSubscribed || this.#lingering >= MAX_LINGERING) return this.#letGo(name, channel);
    this.#lingering++;
    channel.stopLingering = clock.after(lingerMs, () => {
      this.#stopLingering(channel);
      this.#letGo(name, channel);
    });
  }

  /** Nothing lingers any more; what is left is the broker's to end. */
  close(): void {
    for (const channel of this.#channels.values()) this.#stopLingering(channel);
  }

  #stopLingering(channel: Channel): void {
    if (channel.stopLingering === undefined) return;
    channel.stopLingering();
    channel.stopLingering = undefined;
    this.#lingering--;
  }

  #letGo(name: string, channel: Channel): void {
    this.#reconcile(name, channel).catch((error: unknown) => this.#services.report(error, name));
  }

  #reconcile(name: string, channel: Channel): Promise<void> {
    const run = async (): Promise<void> => {
      const isWanted = channel.wanted > 0;
      if (isWanted && !channel.isSubscribed) {
        await this.#source.subscribe(name);
        channel.isSubscribed = true;
      } else if (!isWanted && channel.isSubscribed) {
        channel.isSubscribed = false;
        await this.#source.unsubscribe(name);
      }
      if (channel.wanted === 0 && !channel.isSubscribed) this.#channels.delete(name);
    };
    const step = channel.tail.then(run);
    channel.tail = step.catch(() => undefined);
    return step;
  }
}
