/** What interest is taken in: the broker, or what stands before it. Both calls are idempotent. */
export interface Source {
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
}

interface Channel {
  wanted: number;
  isSubscribed: boolean;
  /** The end of this channel's queue of calls: one at a time, so that subscribe and unsubscribe never race. */
  tail: Promise<void>;
}

/** Subscribes this node to exactly the channels that some connection wants. */
export class Interest {
  readonly #source: Source;
  readonly #report: (error: unknown, channel: string) => void;
  readonly #channels = new Map<string, Channel>();

  /** `report` hears of unsubscribes that failed; a subscribe that failed rejects its `acquire`. */
  constructor(source: Source, report: (error: unknown, channel: string) => void) {
    this.#source = source;
    this.#report = report;
  }

  /** How many hold `name`. */
  count(name: string): number {
    return this.#channels.get(name)?.wanted ?? 0;
  }

  /** Resolves when the broker delivers `channel` here. After a rejection the caller must not `release`. */
  async acquire(name: string): Promise<void> {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = { wanted: 0, isSubscribed: false, tail: Promise.resolve() };
      this.#channels.set(name, channel);
    }
    channel.wanted++;
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
    this.#reconcile(name, channel).catch((error: unknown) => this.#report(error, name));
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
