import { RealtimeError, toRealtimeError } from '@rt/protocol';
import type { ClientFrame, JsonValue, ServerFrameOf } from '@rt/protocol';
import type { Connection } from './connection.ts';

/**
 * Answers what the server asks: any JSON, or nothing. A `RealtimeError` that it throws refuses with its code and message, anything
 * else with `HANDLER_FAILED`.
 */
export type Responder = (data: JsonValue) => unknown;

/** The longest reason that a server reads. */
const MAX_MESSAGE = 999;

/** Answers a question of the server through the connection on which it came: another server counts anew. */
export async function respond(
  [, n, , data]: ServerFrameOf<'call'>,
  responder: Responder | undefined,
  connection: Connection,
): Promise<RealtimeError | undefined> {
  const { open } = connection;
  const answer = (...frame: ClientFrame): void => {
    if (open === connection.open) connection.transmit(frame);
  };
  try {
    if (!responder) throw new RealtimeError('UNSUPPORTED', 'No responder.');
    // What is no JSON, or too large, fails here as well.
    answer('ok', n, (await responder(data)) as JsonValue);
    return undefined;
  } catch (cause) {
    const error = toRealtimeError(cause, 'HANDLER_FAILED', 'The responder failed.');
    answer('err', n, error.code, error.message.slice(0, MAX_MESSAGE) || error.code);
    return error === cause ? undefined : error;
  }
}
