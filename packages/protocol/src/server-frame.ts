import type { ErrorCode } from './error-code.ts';
import type { JsonValue } from './json-value.ts';

/** What the server tells each client of its limits, in `ready`. */
export interface ConnectionLimits {
  /** The largest WebSocket message or POST body the server reads, in bytes of UTF-8. */
  readonly maxFrameBytes: number;
  /** How many channels one connection may have. */
  readonly maxChannels: number;
  /** Client messages a minute, after a burst of `messageBurst`. */
  readonly messagesPerMinute: number;
  readonly messageBurst: number;
}

/** The last field of `m`: the message's id, when it was accepted (ms since 1970), and the verified sender's user id. */
export type MessageMeta = readonly [id: string, at: number, user?: string];

/** A member of a presence channel: the user's id, what the server lets others see, and since when (ms since 1970). */
export type MemberRow = readonly [id: string, info: { readonly [key: string]: JsonValue }, connectedAt: number];

/** The members of a presence channel as of a version; `members` is `null` in a large channel, which has only a count. */
export interface PresenceRoster {
  readonly version: number;
  readonly count: number;
  readonly members: readonly MemberRow[] | null;
}

/** Every frame that a server sends, as the tuple that JSON carries. Ignore unknown types and trailing fields. */
export type ServerFrame =
  | readonly [
      'ready',
      connection: string,
      user: string | null,
      limits: ConnectionLimits,
      beatMs: number,
      expiresInMs?: number | null,
    ]
  | readonly ['auth', expiresInMs: number | null]
  | readonly ['sub', n: number, channel: string, cursor: string | null, recovered: boolean, roster?: PresenceRoster]
  | readonly ['unsub', channel: string, code: ErrorCode, message?: string]
  | readonly ['m', channel: string, event: string, cursor: string | null, data: JsonValue, meta: MessageMeta]
  | readonly ['skip', channel: string, cursor: string]
  | readonly ['gap', channel: string, reason: string, cursor: string | null]
  | readonly [
      'pres',
      channel: string,
      version: number,
      joined: readonly MemberRow[],
      left: readonly string[],
      updated: readonly (readonly [id: string, info: MemberRow[1]])[],
      count: number,
    ]
  | readonly ['ok', n: number, result?: JsonValue]
  | readonly ['err', n: number, code: ErrorCode, message: string, detail?: JsonValue]
  | readonly ['call', n: number, event: string, data: JsonValue]
  | readonly ['direct', event: string, data: JsonValue]
  | readonly ['drain', withinMs: number]
  | readonly ['ping']
  | readonly ['pong'];

/** The server's frame of one type. */
export type ServerFrameOf<Type extends ServerFrame[0]> = Extract<ServerFrame, readonly [Type, ...unknown[]]>;

/** The text of a frame: one line, because JSON escapes every control character within strings. */
export function serverFrame(frame: ServerFrame): string {
  return JSON.stringify(frame);
}
