import { channelKind, RealtimeError, serverFrame, toRealtimeError } from '@rt/protocol';
import type { ClientFrameOf } from '@rt/protocol';
import type { ChannelRules } from '../channel/channel-rules.ts';
import type { PatternMatch } from '../channel/pattern-map.ts';
import type { Connection } from '../connection/connection.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Messages, Published } from '../delivery/messages.ts';
import type { MessageHandler, MessageHandlers } from '../handlers/message-handlers.ts';

type SendFrame = ClientFrameOf<'send'>;

/** `send`: a client's message goes to its handler, or to the others where a rule allows it. */
export class SendCommand {
  readonly #rules: ChannelRules;
  readonly #handlers: MessageHandlers;
  readonly #messages: Messages;
  readonly #logger: Logger;
  /** For connections with a handler at work: by channel, when the last one is done. */
  readonly #handling = new WeakMap<Connection, Map<string, Promise<void>>>();

  constructor(rules: ChannelRules, handlers: MessageHandlers, messages: Messages, logger: Logger) {
    this.#rules = rules;
    this.#handlers = handlers;
    this.#messages = messages;
    this.#logger = logger;
  }

  /** Sends of one connection to one channel are handled in order; a slow handler holds up no other channel. */
  run(connection: Connection, frame: SendFrame): void {
    const [, n, channel, event] = frame;
    if (channelKind(channel) !== 'public' || !this.#rules.allowsSend(channel, event)) {
      connection.sendError(n, 'FORBIDDEN', 'clients may not send this event to this channel');
      return;
    }
    const handler = this.#handlers.find(channel, event);
    const earlier = this.#handling.get(connection)?.get(channel);
    if (handler === undefined && earlier === undefined) {
      void this.#answer(connection, n, this.#relay(connection, frame, frame[4]));
      return;
    }
    const handled = (earlier ?? Promise.resolve()).then(() =>
      handler === undefined ? this.#relay(connection, frame, frame[4]) : this.#handle(connection, frame, handler),
    );
    const queues = this.#handling.get(connection) ?? new Map<string, Promise<void>>();
    const done = this.#answer(connection, n, handled).then(() => {
      if (queues.get(channel) === done) queues.delete(channel);
    });
    queues.set(channel, done);
    this.#handling.set(connection, queues);
  }

  async #handle(
    connection: Connection,
    frame: SendFrame,
    match: PatternMatch<MessageHandler>,
  ): Promise<Published | undefined> {
    const [, , channel, event, data] = frame;
    let relayed: Promise<Published> | undefined;
    const relay = (replacement?: unknown): Promise<Published> => {
      relayed = this.#relay(connection, frame, replacement === undefined ? data : replacement);
      // The sender's answer waits for `relayed` itself; this keeps a handler that throws as well from leaving it unheard.
      relayed.catch(() => undefined);
      return relayed;
    };
    try {
      await match.value({
        channel,
        params: Object.fromEntries(match.params),
        event,
        data,
        connection,
        user: connection.user,
        relay,
      });
    } catch (error) {
      if (!(error instanceof RealtimeError))
        this.#logger.error('a message handler threw', { channel, event, error: String(error) });
      throw toRealtimeError(error, 'HANDLER_FAILED', 'the handler of this event failed');
    }
    return relayed;
  }

  async #relay(connection: Connection, [, , channel, event]: SendFrame, data: unknown): Promise<Published> {
    const dataText = this.#messages.dataText(data);
    return this.#messages.publish({
      channel,
      event,
      dataText,
      userId: connection.user?.id,
      except: connection.instanceHash,
    });
  }

  /** Never rejects: what went wrong is the answer. With `n` = 0 only errors are answered. */
  async #answer(connection: Connection, n: number, outcome: Promise<Published | undefined>): Promise<void> {
    try {
      const published = await outcome;
      if (n > 0)
        connection.send(serverFrame(published?.cursor === undefined ? ['ok', n] : ['ok', n, published.cursor]));
    } catch (error) {
      const { code, message } = toRealtimeError(error, 'HANDLER_FAILED', 'the message could not be passed on');
      connection.sendError(n, code, message);
    }
  }
}
