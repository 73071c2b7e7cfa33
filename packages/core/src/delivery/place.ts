import type { Position } from '@rt/protocol';

/**
 * Where a connection stands in a channel in which it does not get what comes in, and how it goes on:
 *
 * - `log`: with all that follows, from the channel's history, behind a `gap` where the log told of one since;
 * - `bus`: with what comes, behind a `gap` where messages came in since;
 * - `newest`: with what its channel's rule keeps of what came in after the first `seen`;
 * - `whole`: it missed nothing, else it would be cut.
 */
export type Place =
  | {
      readonly kind: 'log';
      readonly position: Position;
      /** How many gaps the feed had told of then. */
      readonly gaps: number;
      /** Where it went on behind the gap that it was told of last, because its own read found one. */
      readonly told?: Position | undefined;
    }
  | { readonly kind: 'bus'; readonly count: number; readonly position?: undefined }
  | { readonly kind: 'newest'; readonly seen: number; readonly position: Position | undefined }
  | { readonly kind: 'whole'; readonly position: Position | undefined };
