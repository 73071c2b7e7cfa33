import type { ServerFrameOf } from '@rt/protocol';

/** Where a message comes from. Everything in it was written by the server, nothing by the sender. */
export interface Message {
  /** Unique within its channel; a message that arrives twice has the same id. */
  readonly id: string;
  readonly channel: string;
  readonly event: string;
  /** The verified user who sent it; absent when the application or an anonymous client did. */
  readonly user?: { readonly id: string };
  /** When the server accepted it: milliseconds since 1970, by the server's clock. */
  readonly at: number;
  /** Its place in a channel with history; absent for volatile messages and channels without one. */
  readonly cursor?: string;
}

/** The message that an `m` frame carries, without its data. */
export function messageOf(frame: ServerFrameOf<'m'>): Message {
  const [, channel, event, cursor, , [id, at, user]] = frame;
  return {
    id,
    channel,
    event,
    at,
    ...(user && { user: { id: user } }),
    ...(cursor && { cursor }),
  };
}
