import type { ClientFrame, JsonValue, RealtimeError, ServerFrameOf } from '@rt/protocol';

/**
 * Answers what the server asks: any JSON, or nothing. A `RealtimeError` that it throws refuses with its code and message, anything
 * else with `HANDLER_FAILED`.
 */
export type Responder = (data: JsonValue) => unknown;

/** The longest reason that a server reads. */
const MAX_MESSAGE = 999;

/** Answers a question of the server. Rejects with what the responder did not mean to say. */
export async function respond(
  [, n, , data]: ServerFrameOf<'call'>,
  responder: Responder | undefined,
  answer: (frame: ClientFrame) => void,
  Failure: typeof RealtimeError,
): Promise<void> {
  try {
    if (!responder) throw new Failure('UNSUPPORTED', 'No responder.');
    // What is no JSON, or too large, fails here as well.
    answer(['ok', n, (await responder(data)) as JsonValue]);
  } catch (cause) {
    const isMeant = cause instanceof Failure;
    const error = isMeant ? cause : new Failure('HANDLER_FAILED', 'The responder failed.', { cause });
    answer(['err', n, error.code, error.message.slice(0, MAX_MESSAGE) || error.code]);
    if (!isMeant) throw error;
  }
}
