import type { Follower } from './follower.ts';
import { bucketOf } from './names.ts';
import type { Names } from './names.ts';
import { decode } from './payload.ts';

/** The connection on which one bucket's channels are listened to. */
export interface Listener {
  /** Resolves when what is published on these names from now on comes in. */
  listen(names: readonly string[]): Promise<void>;
  /** Resolves when nothing of `name` comes in any more. */
  unlisten(name: string): Promise<void>;
}

interface Subscription {
  readonly channel: string;
  readonly bucket: number;
  hasBus: boolean;
  follower: Follower | undefined;
  /** Records that came in, and whose head comes next. */
  records: string | undefined;
  /** Set while it is listened to, or about to be. */
  listening: Promise<void> | undefined;
}

/** Where what came in goes. */
export interface SubscriptionEvents {
  message(channel: string, texts: readonly string[]): void;
  /** Something that no node of this version wrote came in, or a sink threw. */
  dropped(channel: string, reason: string): void;
}

/** Which channels this node wants, for the bus, the log or both: one subscription at Redis for each. */
export class Subscriptions {
  readonly #names: Names;
  readonly #listenerOf: (bucket: number) => Listener;
  readonly #events: SubscriptionEvents;
  readonly #byName = new Map<string, Subscription>();

  constructor(names: Names, listenerOf: (bucket: number) => Listener, events: SubscriptionEvents) {
    this.#names = names;
    this.#listenerOf = listenerOf;
    this.#events = events;
  }

  /** Resolves when no text published on `channel` later is missed. */
  async subscribe(channel: string): Promise<void> {
    const subscription = this.#of(channel);
    subscription.hasBus = true;
    await this.#listen(subscription);
  }

  async unsubscribe(channel: string): Promise<void> {
    const subscription = this.#byName.get(this.#names.stream(channel));
    if (subscription === undefined) return;
    subscription.hasBus = false;
    await this.#release(subscription);
  }

  /** Resolves when `follower` receives every batch that is published on its channel later. */
  async follow(follower: Follower): Promise<void> {
    const subscription = this.#of(follower.channel);
    subscription.follower?.stop();
    subscription.follower = follower;
    await this.#listen(subscription);
  }

  /** Resolves when the channel is followed no more. `follower`: only if that is still the one. */
  async unfollow(channel: string, follower?: Follower): Promise<void> {
    const subscription = this.#byName.get(this.#names.stream(channel));
    if (subscription?.follower === undefined) return;
    if (follower !== undefined && subscription.follower !== follower) return;
    subscription.follower.stop();
    subscription.follower = undefined;
    await this.#release(subscription);
  }

  /** What came in on `name`. Texts of the bus are dropped while `isDeaf`: the gap that is reported then covers them. */
  received(name: string, payload: string, isDeaf: boolean): void {
    const subscription = this.#byName.get(name);
    if (subscription === undefined) return;
    try {
      const { records } = subscription;
      subscription.records = undefined;
      const decoded = decode(payload, records);
      if (decoded === undefined) this.#events.dropped(subscription.channel, 'not written by a node of this version');
      else if (decoded.kind === 'records') subscription.records = payload;
      else if (decoded.kind === 'log') subscription.follower?.receive(decoded.batch);
      else if (decoded.kind === 'bus' && subscription.hasBus && !isDeaf) {
        this.#events.message(subscription.channel, decoded.texts);
      }
    } catch (error) {
      this.#events.dropped(subscription.channel, error instanceof Error ? error.name : 'a receiver threw');
    }
  }

  /** What Redis has to be subscribed to, for these buckets: one list for each bucket in use. */
  names(buckets: ReadonlySet<number>): readonly (readonly string[])[] {
    const byBucket = new Map<number, string[]>();
    for (const [name, { bucket }] of this.#byName) {
      if (!buckets.has(bucket)) continue;
      const names = byBucket.get(bucket);
      if (names === undefined) byBucket.set(bucket, [name]);
      else names.push(name);
    }
    return [...byBucket.values()];
  }

  /** The channels of these buckets whose bus is subscribed to. */
  busChannels(buckets: ReadonlySet<number>): readonly string[] {
    return this.#in(buckets).flatMap(({ channel, hasBus }) => (hasBus ? [channel] : []));
  }

  /** The followers of the channels of these buckets. */
  followers(buckets: ReadonlySet<number>): readonly Follower[] {
    return this.#in(buckets).flatMap(({ follower }) => (follower === undefined ? [] : [follower]));
  }

  /** Forgets everything, without a word to Redis. */
  clear(): void {
    for (const { follower } of this.#byName.values()) follower?.stop();
    this.#byName.clear();
  }

  #in(buckets: ReadonlySet<number>): readonly Subscription[] {
    return [...this.#byName.values()].filter(({ bucket }) => buckets.has(bucket));
  }

  #of(channel: string): Subscription {
    const name = this.#names.stream(channel);
    let subscription = this.#byName.get(name);
    if (subscription === undefined) {
      subscription = {
        channel,
        bucket: bucketOf(channel),
        hasBus: false,
        follower: undefined,
        records: undefined,
        listening: undefined,
      };
      this.#byName.set(name, subscription);
    }
    return subscription;
  }

  async #listen(subscription: Subscription): Promise<void> {
    const name = this.#names.stream(subscription.channel);
    subscription.listening ??= this.#listenerOf(subscription.bucket).listen([name]);
    try {
      await subscription.listening;
    } catch (error) {
      // Nobody is served by it: whoever else waits for it is rejected too.
      subscription.follower?.stop();
      if (this.#byName.get(name) === subscription) this.#byName.delete(name);
      throw error;
    }
  }

  async #release(subscription: Subscription): Promise<void> {
    const { channel, bucket, hasBus, follower } = subscription;
    const name = this.#names.stream(channel);
    if (hasBus || follower !== undefined || this.#byName.get(name) !== subscription) return;
    this.#byName.delete(name);
    await this.#listenerOf(bucket).unlisten(name);
  }
}
