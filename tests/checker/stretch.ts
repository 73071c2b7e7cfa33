import type { Position } from '@rt/protocol';
import type { ChannelLog, KnownEntry } from './channel-log.ts';

/** How a stretch begins: behind the place of a confirmation, or behind that of a gap. */
type Origin = 'confirmed' | 'gap';

/** A part of a subscription in which nothing may be missing: from a confirmation or a gap to the next gap. */
export class Stretch {
  readonly subscriber: string;
  readonly origin: Origin;
  /** The fact it began with. */
  readonly since: number;
  /** Unknown until a place was told. */
  epoch: string | undefined;
  /** The place that it began behind, where that was told. */
  readonly from: number | undefined;
  /** The highest offset that was delivered or skipped. */
  reached: number | undefined;
  /** The fact that says: nothing more is on its way. */
  finalAt: number | undefined;
  /** It stands at a place that the log has lost, or is about to lose, with this fact. */
  lostBy: number | undefined;
  /** The log lost what stood after this offset, when all before it had come: this stretch has to end with a gap. */
  lostAfter: number | undefined;
  /** When each offset came. */
  readonly #delivered = new Map<number, number>();
  readonly #skips: { readonly after: number; readonly upTo: number }[] = [];

  constructor(
    { subscriber, origin }: { readonly subscriber: string; readonly origin: Origin },
    since: number,
    begin: Position | undefined,
    lostBy: number | undefined,
  ) {
    this.subscriber = subscriber;
    this.origin = origin;
    this.since = since;
    this.epoch = begin?.epoch;
    this.from = begin?.offset;
    this.lostBy = lostBy;
  }

  /** The offset it stands at, where any place is known. */
  get position(): number | undefined {
    return this.reached ?? this.from;
  }

  delivered(offset: number, at: number): void {
    this.#delivered.set(offset, at);
    this.reached = Math.max(offset, this.reached ?? offset);
  }

  /** Skips that follow each other come as one, so this excuses everything since the last place. */
  skipped(offset: number): void {
    this.#skips.push({ after: this.position ?? offset - 1, upTo: offset });
    this.reached = Math.max(offset, this.reached ?? offset);
  }

  /** What is known to stand within this stretch and did not come, by offset. */
  missing(log: ChannelLog): KnownEntry[] {
    const { epoch, finalAt, reached } = this;
    if (epoch === undefined) return [];
    return log
      .between(epoch, this.#begin(log, epoch), finalAt === undefined ? (reached ?? -1) : Infinity)
      .filter(({ offset, knownAt }) => offset <= (reached ?? -1) || (finalAt !== undefined && knownAt < finalAt))
      .filter((entry) => !this.#delivered.has(entry.offset) && !this.#isExcused(entry));
  }

  /** Whether something came, or was skipped, before `offset`. */
  hasBefore(offset: number): boolean {
    return [...this.#delivered.keys(), ...this.#skips.map(({ upTo }) => upTo)].some((each) => each < offset);
  }

  /** The first fact after which `offset` was missing. */
  noticedAt(offset: number): number {
    const later = [...this.#delivered].filter(([each]) => each > offset).map(([, at]) => at);
    return later.length > 0 ? Math.min(...later) : (this.finalAt ?? this.since);
  }

  /** Where no place was told, what was published after the stretch began has to come all the same. */
  #begin(log: ChannelLog, epoch: string): number {
    if (this.from !== undefined) return this.from;
    return Math.min(...this.#delivered.keys(), log.firstPublishedAfter(epoch, this.since) ?? Infinity) - 1;
  }

  #isExcused({ offset, intent }: KnownEntry): boolean {
    const isSkipped = this.#skips.some(({ after, upTo }) => after < offset && offset <= upTo);
    return isSkipped && (intent?.except === undefined || intent.except.includes(this.subscriber));
  }
}
