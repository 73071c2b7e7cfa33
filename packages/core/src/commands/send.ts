import { RealtimeError, serverFrame, toRealtimeError } from '@rt/protocol';
import type { ClientFrameOf } from '@rt/protocol';
import type { ApplicationErrors } from '../application-errors.ts';
import type { Authorizers } from '../authorization/authorizers.ts';
import type { ChannelRules } from '../channel/channel-rules.ts';
import type { PatternMatch } from '../channel/pattern-map.ts';
import type { Connection } from '../connection/connection.ts';
import { EventRates } from '../connection/event-rates.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Messages } from '../delivery/messages.ts';
import type { Published } from '../delivery/published.ts';
import { publishKey } from '../delivery/publish-key.ts';
import type { MessageHandler, MessageHandlers } from '../handlers/message-handlers.ts';

type SendFrame = ClientFrameOf<'send'>;

/** What sending needs of its node. */
export interface SendServices {
  readonly rules: ChannelRules;
  readonly authorizers: Authorizers;
  readonly handlers: MessageHandlers;
  readonly messages: Messages;
  readonly clock: Clock;
  readonly errors: ApplicationErrors;
}

/** `send`: a client's message goes to its handler, or to the others where rules and authorizers allow it. */
export class SendCommand {
  readonly #services: SendServices;
  readonly #rates = new EventRates();
  /** For connections with a message at work: by channel, when the last one is done. */
  readonly #pending = new WeakMap<Connection, Map<string, Promise<void>>>();

  constructor(services: SendServices) {
    this.#services = services;
  }

  /** Sends of one connection to one channel are handled in order; a slow handler holds up no other channel. */
  run(connection: Connection, frame: SendFrame): void {
    const [, n, channel, event] = frame;
    if (!this.#isWithinRules(connection, frame)) return;
    const earlier = this.#pending.get(connection)?.get(channel);
    let permission: Promise<unknown> | undefined;
    try {
      permission = this.#permission(connection, channel);
    } catch (error) {
      void this.#answer(connection, n, Promise.reject(error));
      return;
    }
    const handler = this.#services.handlers.find(channel, event);
    if (handler === undefined && earlier === undefined && permission === undefined) {
      void this.#answer(connection, n, this.#relay(connection, frame, frame[4]));
      return;
    }
    const handled = (earlier ?? Promise.resolve()).then(async () => {
      await permission;
      return handler === undefined
        ? this.#relay(connection, frame, frame[4])
        : this.#handle(connection, frame, handler);
    });
    // It may fail while an earlier message is still at work; the answer waits for `handled`.
    permission?.catch(() => undefined);
    const queues = this.#pending.get(connection) ?? new Map<string, Promise<void>>();
    const done = this.#answer(connection, n, handled).then(() => {
      if (queues.get(channel) === done) queues.delete(channel);
    });
    queues.set(channel, done);
    this.#pending.set(connection, queues);
  }

  /** What can be refused without asking anybody. */
  #isWithinRules(connection: Connection, [, n, channel, event, , , again]: SendFrame): boolean {
    const { rules, messages, clock } = this.#services;
    if (!rules.allowsSend(channel, event)) {
      connection.sendError(n, 'FORBIDDEN', 'clients may not send this event to this channel');
      return false;
    }
    const rate = rules.rateOf(channel, event);
    const retryAfterMs = rate === undefined ? 0 : this.#rates.take(connection, event, rate, clock.now());
    if (retryAfterMs > 0) {
      connection.sendError(n, 'RATE_LIMITED', undefined, { retryAfterMs });
      return false;
    }
    if (again === true && !messages.hasLog(channel)) {
      connection.sendError(n, 'OUTCOME_UNKNOWN', 'a channel without history can not tell a resend from a new message');
      return false;
    }
    return true;
  }

  /** `undefined`: yes. Once said, yes holds for as long as the subscription does. */
  #permission(connection: Connection, channel: string): Promise<unknown> | undefined {
    const subscription = connection.subscriptions.get(channel);
    if (subscription?.maySend === true) return undefined;
    const asked = this.#services.authorizers.check(connection, channel, 'send');
    const askedAt = subscription?.reauthorizedCount;
    return asked?.then(() => {
      if (subscription?.reauthorizedCount === askedAt && subscription !== undefined) subscription.maySend = true;
    });
  }

  async #handle(
    connection: Connection,
    frame: SendFrame,
    match: PatternMatch<MessageHandler>,
  ): Promise<Published | undefined> {
    const [, , channel, event, data] = frame;
    let relayed: Promise<Published> | undefined;
    let relays = 0;
    const relay = (replacement?: unknown): Promise<Published> => {
      relayed = this.#relay(connection, frame, replacement === undefined ? data : replacement, relays++);
      // The sender's answer waits for `relayed` itself; this keeps a handler that throws as well from leaving it unheard.
      relayed.catch(() => undefined);
      return relayed;
    };
    const params = Object.fromEntries(match.params);
    try {
      await match.value({ channel, params, event, data, connection, user: connection.user, relay });
    } catch (error) {
      if (!(error instanceof RealtimeError)) {
        this.#services.errors.log('a message handler', error, { channel, event }, connection);
      }
      throw toRealtimeError(error, 'HANDLER_FAILED', 'the handler of this event failed');
    }
    return relayed;
  }

  /** Publishes the client's message. The `count`th one of a handler has a publish key of its own. */
  async #relay(connection: Connection, frame: SendFrame, data: unknown, count = 0): Promise<Published> {
    const [, n, channel, event, , id] = frame;
    const { messages } = this.#services;
    const { instanceHash: except } = connection;
    return messages.publish({
      channel,
      event,
      dataText: messages.dataText(data),
      userId: connection.user?.id,
      except,
      isVolatile: n === 0,
      publishKey: id === undefined || id === null ? undefined : publishKey(except, count === 0 ? id : `${id} ${count}`),
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
