import type { Position, RealtimeError } from '@rt/protocol';

/** How much of a channel is kept: the newest `size` messages, none older than `ttlMs`. */
export interface Retention {
  readonly size: number;
  readonly ttlMs: number;
}

/** A message on its way into a log, or several that are stored as one. */
export interface NewEntry {
  readonly text: string;
  /**
   * How many messages it is, each a line of `text`; they have places one behind the other, with one tag. Default 1, and then `text` may be
   * anything. More only where there is neither `id` nor `except`.
   */
  readonly count?: number | undefined;
  /** The publish id: a second entry of the channel with it, within the dedupe window, gets the first one's place. */
  readonly id?: string | undefined;
  /** Hash of the instance that must not get it, now or in a replay. */
  readonly except?: string | undefined;
}

/** A message kept in a channel's log, or several that were appended as one. */
export interface Entry {
  /** Of its first message. Rising; holes are allowed. */
  readonly offset: number;
  /** How many messages it is. Default 1. `singleEntries` makes several of it. */
  readonly count?: number | undefined;
  /** Which one its first message is of those that were appended as one. Default 0. */
  readonly index?: number | undefined;
  /** Of each of its messages. */
  readonly tag: string;
  /** The tag of the message before its first: a mismatch means that the log has diverged. */
  readonly previousTag: string;
  readonly except?: string | undefined;
  readonly text: string;
}

/** Why continuity can't be proven. */
export type GapReason = 'broker' | 'diverged' | 'epoch' | 'expired' | 'limit';

/** Where `follow` delivers. */
export interface LogSink {
  /** Every entry after the position that `follow` returned, once and in order, whole as it was appended or in parts. */
  entries(batch: readonly Entry[]): void;
  /** Entries before `at` may be missing; what follows comes after it. */
  gap(reason: GapReason, at: Position): void;
  /** Nothing new, but the place is this now: for logs in which an old place of a quiet channel may end to be known. */
  moved?(at: Position): void;
}

/** Which entries to read, of one message each: the oldest after a place, the newest before one, or the newest of all. */
export interface LogPage {
  readonly after?: Position | undefined;
  readonly before?: Position | undefined;
  readonly limit: number;
}

/** What `read` can prove about what lies between the asked place and the entries that it returns. */
export type Proof = 'contiguous' | 'trimmed' | 'diverged' | 'new-epoch';

/** Entries of one message each, in rising order. Where `proof` is not `contiguous`, they are the oldest kept (or, with `before`, none). */
export interface LogRead {
  readonly epoch: string;
  readonly entries: readonly Entry[];
  /** The place before the first of `entries`. */
  readonly start: Position;
  /** The newest place. */
  readonly head: Position;
  readonly proof: Proof;
}

/** The half of a log that is asked. */
export interface LogReader {
  read(channel: string, page: LogPage): Promise<LogRead>;
}

/** The entries of one tick for one channel. */
export interface LogWork {
  readonly channel: string;
  readonly entries: readonly NewEntry[];
  readonly retention: Retention;
}

/** How long a publish id is remembered. */
export const DEDUPE_WINDOW_MS = 120_000;

/** The places of one channel's entries, of each that of its first message, or why they were refused. */
export type Appended = readonly Position[] | RealtimeError;

/**
 * Stores and delivers as ONE step, so that every node sees one order.
 *
 * - MUST give every entry of a channel its place before `append` resolves.
 * - MUST deliver to every follower each entry after its head exactly once, in order, or call `gap`.
 * - MUST answer a repeated publish id within `DEDUPE_WINDOW_MS` with the first entry's place, and store nothing.
 * - MUST keep at least the newest `size` entries that are not older than `ttlMs`, or say `trimmed`.
 * - MUST NOT give a place of one epoch to two entries; what can't continue an epoch begins a new one.
 */
export interface Log extends LogReader {
  /**
   * How long core goes on following a channel that nobody on this node wants any more: where a read is dear, a reload
   * of the page should not be one. Absent: not at all.
   */
  readonly lingerMs?: number;
  /**
   * What became of each channel's entries, in the order of `work`. Rejects where nothing is known of any of them; MUST settle within
   * seconds, also while the service stands still.
   */
  append(work: readonly LogWork[]): Promise<readonly Appended[]>;
  /** The head; every later entry goes to `sink`. One sink for each channel of a node. */
  follow(channel: string, sink: LogSink): Promise<Position>;
  unfollow(channel: string): Promise<void>;
}
