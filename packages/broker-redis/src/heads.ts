import type { Position } from '@rt/protocol';
import { RENEW_MS } from './append-script.ts';
import { reasonOf } from './failure.ts';
import type { Follower } from './follower.ts';
import type { Link } from './link.ts';
import { bucketOf } from './names.ts';
import { parseHead } from './read-answer.ts';
import type { Head } from './read-answer.ts';

/** Time between two looks at all heads, and what a batch that is under way gets to arrive: together well below 5 s. */
export const CHECK_MS = 3_500;
const GRACE_MS = 500;
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

  /** Repairs those that are behind, or not on the log any more. Rejects when Redis does not answer. */
  async repair(followers: readonly Follower[]): Promise<void> {
    const behind = await this.#behind(followers);
    await Promise.all(
      behind.map((follower) =>
        follower.repair().catch((error: unknown) => {
          const { channel } = follower;
          this.#link.warn('a channel could not be brought up to the log', { channel, reason: reasonOf(error) });
        }),
      ),
    );
  }

  /** The regular look: what is only on its way is given time to arrive. */
  async check(followers: readonly Follower[]): Promise<void> {
    const now = this.#link.clock.now();
    const old = followers.filter(({ renewedAt }) => now - renewedAt > RENEW_MS);
    for (const follower of old) follower.renewedAt = now;
    await Promise.all(old.map(({ channel }) => this.#renew(channel)));
    const behind = await this.#behind(followers);
    if (behind.length === 0) return;
    await new Promise<void>((resolve) => this.#link.clock.after(GRACE_MS, resolve));
    await this.repair(behind);
  }

  async #behind(followers: readonly Follower[]): Promise<Follower[]> {
    const chunks = this.#chunks(followers);
    const found = await Promise.all(chunks.map((chunk) => this.#behindOf(chunk)));
    return found.flat();
  }

  async #behindOf(followers: readonly Follower[]): Promise<Follower[]> {
    const { connections, names } = this.#link;
    const before = followers.map(({ position }) => position);
    const heads = await connections.commands.mget(followers.map(({ channel }) => names.head(channel)));
    return followers.filter((follower, index) => isBehind(follower, before[index], parseHead(heads[index])));
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

/** `before` is where the follower was when the head was asked for: it may have gone on since. */
function isBehind({ position }: Follower, before: Position | undefined, head: Head | undefined): boolean {
  if (position === undefined || before === undefined) return false;
  if (head === undefined) return true;
  const isSame = head.epoch === before.epoch && head.offset === before.offset && head.tag === before.tag;
  return !isSame && !(head.epoch === position.epoch && head.offset <= position.offset && head.offset > before.offset);
}
