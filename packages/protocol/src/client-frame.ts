import type { ErrorCode } from './error-code.ts';
import {
  channelName,
  count,
  cursor,
  data,
  eventName,
  flag,
  historyPage,
  instance,
  object,
  optional,
  positive,
  resume,
  text,
} from './field.ts';
import type { Field } from './field.ts';
import type { JsonValue } from './json-value.ts';

/**
 * The channels that a `connect` frame takes up, each with the last cursor the client has, or `null`.
 * `last`, from 1, asks a first subscription for as many of the newest messages.
 */
export type Resume = readonly (readonly [channel: string, cursor: string | null, last?: number | null])[];

/** What a `history` frame asks for: up to `limit` (1 to 1,000) messages before or after a cursor, else the newest. */
export interface HistoryPage {
  /** Not together with `after`. */
  readonly before?: string | null;
  readonly after?: string | null;
  readonly limit: number;
}

/** Every frame that a client sends, as the tuple that JSON carries. */
export type ClientFrame =
  | readonly [
      'connect',
      version: number,
      instance: string,
      token?: string | null,
      resume?: Resume | null,
      options?: JsonValue,
    ]
  | readonly ['sub', n: number, channel: string, cursor?: string | null, last?: number | null]
  | readonly ['unsub', n: number, channel: string]
  | readonly [
      'send',
      n: number,
      channel: string,
      event: string,
      data: JsonValue,
      id?: string | null,
      again?: boolean | null,
    ]
  | readonly ['history', n: number, channel: string, page: HistoryPage]
  | readonly ['members', n: number, channel: string]
  | readonly ['pres', n: number, channel: string, info: JsonValue]
  | readonly ['call', n: number, method: string, input: JsonValue]
  | readonly ['cancel', n: number]
  | readonly ['ok', n: number, result?: JsonValue]
  | readonly ['err', n: number, code: string, message: string]
  | readonly ['auth', token: string]
  | readonly ['ping']
  | readonly ['pong'];

/** The first word of a client frame. */
export type ClientFrameType = ClientFrame[0];

/** The client's frame of one type. */
export type ClientFrameOf<Type extends ClientFrameType> = Extract<ClientFrame, readonly [Type, ...unknown[]]>;

/** Why a line is no client frame. `n` is the request's number where one could be read, else 0. */
export interface FrameProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly n: number;
}

const FIELDS: ReadonlyMap<unknown, readonly Field[]> = new Map<ClientFrameType, readonly Field[]>([
  [
    'connect',
    [positive('version'), instance, optional(text('token', 8192)), optional(resume), optional(object('options'))],
  ],
  ['sub', [positive('n'), channelName, optional(cursor), optional(positive('last'))]],
  ['unsub', [positive('n'), channelName]],
  ['send', [count('n'), channelName, eventName, data, optional(text('id', 64)), optional(flag('again'))]],
  ['history', [positive('n'), channelName, historyPage]],
  ['members', [positive('n'), channelName]],
  ['pres', [positive('n'), channelName, data]],
  ['call', [positive('n'), eventName, data]],
  ['cancel', [positive('n')]],
  ['ok', [positive('n'), optional(data)]],
  ['err', [positive('n'), text('code', 64), text('message', 1024)]],
  ['auth', [text('token', 8192)]],
  ['ping', []],
  ['pong', []],
]);

/** Frames whose second element is no request number of the client's. */
const UNNUMBERED: ReadonlySet<unknown> = new Set(['connect', 'ok', 'err']);

/** Whether `decodeClientFrame` found a problem instead of a frame. */
export function isFrameProblem(decoded: ClientFrame | FrameProblem): decoded is FrameProblem {
  return !Array.isArray(decoded);
}

/**
 * Reads one line from a client. Every field is checked here and nowhere else; unknown trailing fields are ignored.
 * Never throws: what is wrong comes back as a `FrameProblem` (`BAD_FRAME`, `BAD_NAME`, `INVALID_DATA`, `UNSUPPORTED`).
 */
export function decodeClientFrame(line: string): ClientFrame | FrameProblem {
  let frame: unknown;
  try {
    frame = JSON.parse(line);
  } catch {
    return { code: 'BAD_FRAME', message: 'a frame must be JSON', n: 0 };
  }
  if (!Array.isArray(frame)) return { code: 'BAD_FRAME', message: 'a frame must be a JSON array', n: 0 };
  const values: readonly unknown[] = frame;
  const type = values[0];
  const n = numberOf(values);
  if (typeof type !== 'string')
    return { code: 'BAD_FRAME', message: 'the first element of a frame must be its type', n: 0 };
  const fields = FIELDS.get(type);
  if (fields === undefined) return { code: 'UNSUPPORTED', message: 'unknown frame type', n };
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index]!;
    const problem = field.problem(values[index + 1]);
    if (problem !== undefined) return { code: field.code, message: `${type}: ${problem}`, n };
  }
  // Checked field by field just above.
  return frame as unknown as ClientFrame;
}

function numberOf(values: readonly unknown[]): number {
  const n = values[1];
  return !UNNUMBERED.has(values[0]) && typeof n === 'number' && Number.isSafeInteger(n) && n > 0 ? n : 0;
}
