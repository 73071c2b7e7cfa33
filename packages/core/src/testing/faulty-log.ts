import type { Position } from '@rt/protocol';
import { lastOffset, singleEntries } from '../brokers/single-entries.ts';
import type { Appended, Entry, GapReason, Log, LogPage, LogRead, LogSink, LogWork, Proof } from '../contracts/log.ts';

/** What a faulty log needs of its line. */
export interface LogLine {
  readonly isCut: boolean;
  /** Runs `call` when the line has carried it. Rejects where the line is cut. */
  call<Answer>(call: () => Promise<Answer>): Promise<Answer>;
  /** Runs `arrive` when the line has carried it, unless it is cut meanwhile. */
  deliver(arrive: () => void): void;
}

const PAGE = 1_000;

const REASONS: Readonly<Record<Exclude<Proof, 'contiguous'>, GapReason>> = {
  trimmed: 'expired',
  diverged: 'diverged',
  'new-epoch': 'epoch',
};

/** One channel as its sink knows it. */
interface Follower {
  readonly sink: LogSink;
  /** The place up to which everything was handed on; unknown until the log has told the head. */
  position: Position | undefined;
  /** What came in before that, or while what was missed is read. */
  readonly early: Entry[];
  isRepairing: boolean;
}

/** A log behind a line that can be cut: what was missed meanwhile is read when the line is whole again, as brokers do. */
export class FaultyLog implements Log {
  readonly lingerMs?: number;
  readonly #log: Log;
  readonly #line: LogLine;
  readonly #followers = new Map<string, Follower>();

  constructor(log: Log, line: LogLine) {
    this.#log = log;
    this.#line = line;
    if (log.lingerMs !== undefined) this.lingerMs = log.lingerMs;
  }

  append(work: readonly LogWork[]): Promise<readonly Appended[]> {
    return this.#line.call(() => this.#log.append(work));
  }

  read(channel: string, page: LogPage): Promise<LogRead> {
    return this.#line.call(() => this.#log.read(channel, page));
  }

  async follow(channel: string, sink: LogSink): Promise<Position> {
    const follower: Follower = { sink, position: undefined, early: [], isRepairing: false };
    this.#followers.set(channel, follower);
    const head = await this.#line.call(() =>
      this.#log.follow(channel, {
        entries: (batch) => this.#line.deliver(() => handOn(follower, batch)),
        gap: (reason, at) => this.#line.deliver(() => tellGap(follower, reason, at)),
        moved: (at) => this.#line.deliver(() => sink.moved?.(at)),
      }),
    );
    follower.position = head;
    handOn(follower, follower.early.splice(0));
    return head;
  }

  async unfollow(channel: string): Promise<void> {
    this.#followers.delete(channel);
    await this.#log.unfollow(channel);
  }

  /** The line is whole again: what was missed follows. */
  async mend(): Promise<void> {
    await Promise.all(Array.from(this.#followers, ([channel, follower]) => this.#repair(channel, follower)));
  }

  async #repair(channel: string, follower: Follower): Promise<void> {
    if (follower.position === undefined || follower.isRepairing) return;
    follower.isRepairing = true;
    const isWanted = (): boolean => !this.#line.isCut && this.#followers.get(channel) === follower;
    try {
      for (let isMore = true; isMore;) {
        const read = await this.#log.read(channel, { after: follower.position, limit: PAGE });
        if (!isWanted()) return;
        if (read.proof !== 'contiguous') tellGap(follower, REASONS[read.proof], read.start);
        pass(follower, read.entries);
        isMore = read.entries.length === PAGE;
      }
    } finally {
      follower.isRepairing = false;
      const early = follower.early.splice(0);
      // Some of it was read as well. Behind a line that is cut again, all of it will be.
      if (isWanted()) handOn(follower, early);
    }
  }
}

function handOn(follower: Follower, batch: readonly Entry[]): void {
  if (follower.position === undefined || follower.isRepairing) follower.early.push(...batch);
  else pass(follower, batch);
}

/** Hands on what the sink does not have yet. */
function pass(follower: Follower, batch: readonly Entry[]): void {
  const { epoch, offset: last } = follower.position!;
  const entries = batch.flatMap((entry) =>
    entry.offset > last ? [entry] : singleEntries(entry).filter(({ offset }) => offset > last),
  );
  const newest = entries.at(-1);
  if (newest === undefined) return;
  follower.position = { epoch, offset: lastOffset(newest), tag: newest.tag };
  follower.sink.entries(entries);
}

function tellGap(follower: Follower, reason: GapReason, at: Position): void {
  follower.position = at;
  follower.sink.gap(reason, at);
}
