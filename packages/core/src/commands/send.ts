import { serverFrame, toRealtimeError } from '@rt/protocol';
import type { ClientFrameOf, JsonValue, PatternMatch } from '@rt/protocol';
import type { ApplicationContract } from '../application-contract/application-contract.ts';
import type { Authorizers } from '../authorization/authorizers.ts';
import type { ChannelRules } from '../channel/channel-rules.ts';
import type { Connection } from '../connection/connection.ts';
import { EventRates } from '../connection/event-rates.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Messages } from '../delivery/messages.ts';
import type { Published } from '../delivery/published.ts';
import { publishKey } from '../delivery/publish-key.ts';
import type { MessageHandler, MessageHandlers } from '../handlers/message-handlers.ts';
import type { Invocations } from '../invocations/invocations.ts';
import type { Limits } from '../limits.ts';

type SendFrame = ClientFrameOf<'send'>;

/** What sending needs of its node. */
export interface SendServices {
  readonly rules: ChannelRules;
  readonly contract: ApplicationContract | undefined;
  readonly authorizers: Authorizers;
  readonly handlers: MessageHandlers;
  readonly messages: Messages;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly invocations: Invocations;
}

/** What is passed on of a client's message. */
interface Relayed {
  readonly data: unknown;
  /** It is the handler's own, in place of what the client sent. */
  readonly isOwn?: boolean;
  /** How many the handler has passed on before: each has a publish key of its own. */
  readonly count?: number;
}

/** The messages of one connection that are at work. */
interface AtWork {
  /** By channel, when the last one is done. */
  readonly last: Map<string, Promise<void>>;
  /** How many wait for an earlier one of their channel. */
  waiting: number;
}

/** `send`: a client's message goes to its handler, or to the others where rules and authorizers allow it. */
export class SendCommand {
  readonly #services: SendServices;
  readonly #rates = new EventRates();
  readonly #atWork = new WeakMap<Connection, AtWork>();

  constructor(services: SendServices) {
    this.#services = services;
  }

  /** Sends of one connection to one channel are handled in order; a slow handler holds up no other channel. */
  run(connection: Connection, frame: SendFrame): void {
    const [, n, channel, event] = frame;
    if (!this.#isWithinRules(connection, frame)) return;
    const known = this.#atWork.get(connection);
    const earlier = known?.last.get(channel);
    if (known !== undefined && earlier !== undefined && known.waiting >= this.#services.limits.maxQueuedInvocations) {
      void this.#answer(connection, n, Promise.reject(this.#services.invocations.refusal()));
      return;
    }
    let permission: Promise<unknown> | undefined;
    try {
      permission = this.#permission(connection, channel);
    } catch (error) {
      void this.#answer(connection, n, Promise.reject(error));
      return;
    }
    const { handlers, contract } = this.#services;
    const handler = handlers.find(channel, event);
    if (handler === undefined && earlier === undefined && permission === undefined && contract === undefined) {
      void this.#answer(connection, n, this.#relay(connection, frame, { data: frame[4] }));
      return;
    }
    const atWork = known ?? { last: new Map<string, Promise<void>>(), waiting: 0 };
    if (earlier !== undefined) atWork.waiting++;
    const handled = (earlier ?? Promise.resolve()).then(async () => {
      if (earlier !== undefined) atWork.waiting--;
      await permission;
      const data = contract === undefined ? frame[4] : (await contract.received(channel, event, frame[4])).value;
      return handler === undefined
        ? this.#relay(connection, frame, { data })
        : this.#handle(connection, frame, handler, data);
    });
    // It may fail while an earlier message is still at work; the answer waits for `handled`.
    permission?.catch(() => undefined);
    const done = this.#answer(connection, n, handled).then(() => {
      if (atWork.last.get(channel) === done) atWork.last.delete(channel);
    });
    atWork.last.set(channel, done);
    this.#atWork.set(connection, atWork);
  }

  /** What can be refused without asking anybody. */
  #isWithinRules(connection: Connection, [, n, channel, event, , , again]: SendFrame): boolean {
    const { rules, contract, messages, clock } = this.#services;
    const refusal = contract?.sendRefusal(channel, event);
    if (refusal !== undefined) {
      connection.refuse(n, refusal);
      return false;
    }
    // What the contract lets clients send needs no rule.
    if (!(rules.allowsSend(channel, event) ?? contract !== undefined)) {
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
    received: unknown,
  ): Promise<Published | undefined> {
    const [, , channel, event] = frame;
    // What a schema made of it is what the handler's type says; without one it is what came as JSON.
    const data = received as JsonValue;
    let relayed: Promise<Published> | undefined;
    let relays = 0;
    const relay = (replacement?: unknown): Promise<Published> => {
      const isOwn = replacement !== undefined;
      relayed = this.#relay(connection, frame, { data: isOwn ? replacement : data, isOwn, count: relays++ });
      // The sender's answer waits for `relayed` itself; this keeps a handler that throws as well from leaving it unheard.
      relayed.catch(() => undefined);
      return relayed;
    };
    const params = Object.fromEntries(match.params);
    const { invocations, limits } = this.#services;
    const asked = { kind: 'handler', name: event, connection, channel, input: data } as const;
    try {
      await invocations.run({ ...asked, timeoutMs: limits.handlerTimeoutMs }, ({ user, signal }) =>
        match.value({ channel, params, event, data, connection, user, signal, relay }),
      );
    } catch (error) {
      throw toRealtimeError(error, 'HANDLER_FAILED', 'the handler of this event failed');
    }
    return relayed;
  }

  /** Publishes the client's message. */
  async #relay(connection: Connection, frame: SendFrame, { data, isOwn, count = 0 }: Relayed): Promise<Published> {
    const [, n, channel, event, , id] = frame;
    const { contract, messages } = this.#services;
    const { instanceHash: except } = connection;
    let delivered = data;
    if (contract !== undefined) {
      const checked = isOwn ? contract.outgoing(channel, event, data) : contract.delivered(channel, event, data);
      delivered = (await checked).value;
    }
    return messages.publish({
      channel,
      event,
      dataText: messages.dataText(delivered),
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
      connection.refuse(n, toRealtimeError(error, 'HANDLER_FAILED', 'the message could not be passed on'));
    }
  }
}
