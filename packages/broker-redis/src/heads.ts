import type { Position } from '@rt/protocol';
import { RENEW_MS } from './append-script.ts';
import { reasonOf } from './failure.ts';
import type { Follower } from './follower.ts';
import type { Link } from './link.ts';
import { bucketOf } from './names.ts';
import { parseHead } from './read-answer.ts';
import type { Head } from './read-answer.ts';

/** Time between two looks at all heads: with a probe on top, well below 5 s. */
export const CHECK_MS = 3_500;
/** Keys in one MGET. */
const CHUNK = 500;

/**
 * Compares what followers have with the heads in Redis. This is what finds a lost delivery on a channel where nothing else follows,
 * and a head that is gone.
 */
export class Heads {
  readonly #link: Link;
  readonly #renew: (channel: string) => Promise<void>;

  constructor(link: Link, renew: (channel: string) => Promise<void>) {
    this.#link = link;
    this.#renew = renew;
  }

  /** The regular look: lets heads live on, and repairs. As `repair`. */
  async check(followers: readonly Follower[], arrived: () => Promise<void>): Promise<void> {
    const now = this.#link.clock.now();
    const old = followers.filter(({ renewedAt }) => now - renewedAt > RENEW_MS);
    for (const follower of old) follower.renewedAt = now;
    await Promise.all(old.map(({ channel }) => this.#renew(channel)));
    await this.repair(followers, arrived);
  }

  /**
   * Repairs those that are behind, or not on the log any more. `arrived` resolves when all that was published before its call has come
   * in: a busy channel is always a little behind, and what is only on its way must not be read, since the log may have let go of it.
   * Rejects when Redis does not answer.
   */
  async repair(followers: readonly Follower[], arrived: () => Promise<void>): Promise<void> {
    const looks = await this.#looks(followers);
    if (looks.length === 0) return;
    await arrived();
    await Promise.all(
      looks.filter(isBehind).map(({ follower }) =>
        follower.repair().catch((error: unknown) => {
          const { channel } = follower;
          this.#link.warn('a channel could not be brought up to the log', { channel, reason: reasonOf(error) });
        }),
      ),
    );
  }

  async #looks(followers: readonly Follower[]): Promise<Look[]> {
    const found = await Promise.all(this.#chunks(followers).map((chunk) => this.#lookAt(chunk)));
    return found.flat().filter(isBehind);
  }

  async #lookAt(followers: readonly Follower[]): Promise<Look[]> {
    const { connections, names } = this.#link;
    const before = followers.map(({ position }) => position);
    const heads = await connections.commands.mget(followers.map(({ channel }) => names.head(channel)));
    return followers.map((follower, index) => ({ follower, before: before[index], head: parseHead(heads[index]) }));
  }

  /** On a cluster a command can read of one bucket only. */
  #chunks(followers: readonly Follower[]): Follower[][] {
    const chunks: Follower[][] = [];
    const open = new Map<number, Follower[]>();
    for (const follower of followers) {
      const bucket = this.#link.connections.isCluster ? bucketOf(follower.channel) : 0;
      let chunk = open.get(bucket);
      if (chunk === undefined || chunk.length === CHUNK) {
        chunk = [];
        open.set(bucket, chunk);
        chunks.push(chunk);
      }
      chunk.push(follower);
    }
    return chunks;
  }
}

/** What one follower's head was. */
interface Look {
  readonly follower: Follower;
  /** Where the follower was when the head was asked for: it may have gone on since. */
  readonly before: Position | undefined;
  readonly head: Head | undefined;
}

function isBehind({ follower: { position }, before, head }: Look): boolean {
  if (position === undefined || before === undefined) return false;
  if (head === undefined) return true;
  const isSame = head.epoch === before.epoch && head.offset === before.offset && head.tag === before.tag;
  return !isSame && !(head.epoch === position.epoch && head.offset <= position.offset && head.offset > before.offset);
}
