/** How much of a channel is kept: the newest `size` messages, none older than `ttlMs`. */
export interface Retention {
  readonly size: number;
  readonly ttlMs: number;
}

/** A message on its way into a log. */
export interface NewEntry {
  readonly text: string;
  /** The publish id: a second entry with it, within the dedupe window, gets the first one's cursor. */
  readonly id?: string;
  /** Hash of the instance that must not get it, now or in a replay. */
  readonly except?: string;
}

/** A message kept in a channel's log. */
export interface Entry {
  /** Rising; holes are allowed. */
  readonly offset: number;
  readonly cursor: string;
  readonly tag: string;
  /** The tag of the entry before this one: a mismatch means that the log has diverged. */
  readonly previousTag: string;
  readonly except?: string;
  readonly text: string;
}

/** What `read` can prove about the entries that it returns. */
export type Proof = 'contiguous' | 'trimmed' | 'diverged' | 'new-epoch';

/** Where `follow` delivers. */
export interface LogSink {
  /** Every entry after the head that `follow` returned, once and in order. */
  entries(batch: readonly Entry[]): void;
  /** Continuity can't be proven from here on. */
  gap(reason: 'broker' | 'diverged' | 'epoch' | 'limit'): void;
}

/**
 * Stores and delivers as ONE step, so that every node sees one order.
 *
 * - MUST give every entry of a channel its place before `append` resolves.
 * - MUST deliver to every follower each entry after its head exactly once, in order, or call `gap`.
 * - MUST answer a repeated publish id within 2 minutes with the first entry's cursor.
 */
export interface Log {
  append(
    work: readonly { channel: string; entries: readonly NewEntry[]; retention: Retention }[],
  ): Promise<readonly (readonly string[])[]>;
  follow(channel: string, sink: LogSink): Promise<string>;
  unfollow(channel: string): Promise<void>;
  read(
    channel: string,
    page: { readonly after?: string; readonly before?: string; readonly limit: number },
  ): Promise<{ readonly entries: readonly Entry[]; readonly head: string; readonly proof: Proof }>;
}
