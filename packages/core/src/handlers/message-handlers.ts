import { eventNameProblem, PatternMap, RealtimeError } from '@rt/protocol';
import type { JsonValue, PatternMatch } from '@rt/protocol';
import type { InboundMessage } from './inbound-message.ts';

/**
 * Runs when a client sends the event it was registered for. Nothing reaches the other subscribers unless it calls
 * `message.relay()`. A `RealtimeError` that it throws answers the sender with its code, message and detail; anything else is logged
 * and answered with `HANDLER_FAILED`, and no end in time (`limits.handlerTimeoutMs`, 30 s) with `DEADLINE`.
 */
export type MessageHandler<
  Text extends string = string,
  Data = JsonValue,
  Relayed extends readonly unknown[] = [data?: unknown],
> = (message: InboundMessage<Text, Data, Relayed>) => void | Promise<void>;

/** Handlers by event and channel pattern. */
export class MessageHandlers {
  readonly #byEvent = new Map<string, PatternMap<MessageHandler>>();

  /** Throws `BAD_NAME` or `BAD_OPTION` (bad pattern, or a handler is there already). */
  add(pattern: string, event: string, handler: MessageHandler): void {
    const problem = eventNameProblem(event);
    if (problem !== undefined) throw new RealtimeError('BAD_NAME', problem);
    const handlers = this.#byEvent.get(event) ?? new PatternMap<MessageHandler>();
    handlers.add(pattern, handler);
    this.#byEvent.set(event, handlers);
  }

  find(channel: string, event: string): PatternMatch<MessageHandler> | undefined {
    return this.#byEvent.get(event)?.find(channel);
  }
}
