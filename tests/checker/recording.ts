/**
 * One thing that happened, as a test saw it. Facts stand in the order in which they were seen.
 * A cursor is `null` where the server gave none, and `undefined` where the test cannot know it.
 */
export type Fact =
  | {
      readonly what: 'published';
      /** The number that `acknowledged` and `failed` refer to. */
      readonly publish: number;
      readonly channel: string;
      /** The data as text (see `textOf`), different for every message that is not a retry. */
      readonly text: string;
      readonly by: string;
      /** The same for every attempt to publish one message. */
      readonly publishId?: string | undefined;
      /** The subscribers that must not get it. Where it is absent, a `skip` of anybody excuses it. */
      readonly except?: readonly string[] | undefined;
    }
  | {
      readonly what: 'acknowledged';
      readonly publish: number;
      readonly channel: string;
      readonly cursor?: string | null | undefined;
    }
  | { readonly what: 'failed'; readonly publish: number; readonly channel: string; readonly code: string }
  | {
      readonly what: 'confirmed';
      readonly subscriber: string;
      readonly channel: string;
      readonly cursor?: string | null | undefined;
      readonly recovered: boolean;
    }
  | {
      readonly what: 'delivered';
      readonly subscriber: string;
      readonly channel: string;
      readonly cursor: string | null;
      readonly id: string;
      readonly text: string;
    }
  | { readonly what: 'skip'; readonly subscriber: string; readonly channel: string; readonly cursor: string }
  | {
      readonly what: 'gap';
      readonly subscriber: string;
      readonly channel: string;
      readonly reason: string;
      readonly cursor?: string | null | undefined;
    }
  | {
      readonly what: 'lost';
      readonly channel: string;
      /** `diverged`: the newest entries, and their offsets may be given again; `epoch`: all of them. */
      readonly reason: 'diverged' | 'epoch';
      /** The cursors of what is gone. */
      readonly places: readonly string[];
      /** Where the log goes on. */
      readonly cursor: string;
    }
  /** It does not read what it is sent, until `disconnected` or `reading`: the server may go on without it. */
  | { readonly what: 'stalled'; readonly subscriber: string }
  | { readonly what: 'reading'; readonly subscriber: string }
  | { readonly what: 'disconnected'; readonly subscriber: string }
  | { readonly what: 'ended'; readonly subscriber: string; readonly channel: string }
  | { readonly what: 'final'; readonly subscriber: string; readonly channel: string };

/** The facts of one kind. */
export type FactOf<What extends Fact['what']> = Extract<Fact, { readonly what: What }>;

/** The facts that are of one channel. */
export type ChannelFact = Extract<Fact, { readonly channel: string }>;

/** Everything that happened in one run. */
export interface Recording {
  /** What makes the run happen again. */
  readonly seed?: number | string | undefined;
  readonly facts: readonly Fact[];
}

/** A message's data as the checker compares it. */
export function textOf(data: unknown): string {
  return typeof data === 'string' ? data : (JSON.stringify(data) ?? '');
}
