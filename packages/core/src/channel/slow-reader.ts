/**
 * What tells apart the messages of which a slow reader gets the newest: nothing but their event (`event`), also who sent
 * them (`user`, as the server knows it), or also one property of their data (`data.symbol`).
 */
export type LatestKey = 'event' | 'user' | `data.${string}`;

/**
 * What becomes of the messages that come while a reader's socket is full.
 *
 * - `catch-up`: it gets them afterwards from the channel's history; without history it is told of the loss by a `gap`.
 * - `drop`: it does not get them.
 * - `{ latest }`: it gets the newest one of each key, in order. Messages of different events never replace each other.
 * - `cut`: its connection ends with `SLOW_READER`.
 */
export type SlowReaderRule = 'catch-up' | 'drop' | 'cut' | { readonly latest: LatestKey };
