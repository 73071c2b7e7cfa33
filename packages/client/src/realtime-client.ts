import { channelNameOf, RealtimeError } from '@rt/protocol';
import type {
  ChannelName,
  ChannelOf,
  ChannelParams,
  ChannelPattern,
  ClientFrame,
  Contract,
  DataArguments,
  JsonValue,
  MethodInput,
  MethodName,
  MethodOutput,
  SendInput,
  SendName,
  ServerFrameOf,
  UserChannelOf,
} from '@rt/protocol';
import { Connection } from './connection.ts';
import { Emitter } from './emitter.ts';
import type { Listenable, Listener, Off } from './emitter.ts';
import type { Responder } from './features/respond.ts';
import { loadFeatures } from './loaded.ts';
import { checkNumber, readOptions } from './options.ts';
import type { ClientOptions } from './options.ts';
import { Requests } from './requests.ts';
import { jsonTexts, SendQueue } from './send-queue.ts';
import type { CallOptions, SendOptions, SendResult } from './send-queue.ts';
import type { ConnectionState, StateChange } from './state-change.ts';
import type { SubscribeOptions } from './subscription.ts';
import { Subscriptions } from './subscriptions.ts';
import type { TokenSource } from './token.ts';
import type { TransportName } from './transport-name.ts';
import type { SubscriptionOf } from './typed-subscription.ts';
import type { UserChannel } from './user-channel.ts';

/** What happens to a client. */
export interface ClientEvents {
  /** The connection is in another state. */
  readonly state: readonly [change: StateChange];
  /**
   * Something that somebody should look at: the server refused, a token function or a listener failed, a frame made no
   * sense. A connection that merely went is a `state`. Without a listener errors go to the console.
   */
  readonly error: readonly [error: RealtimeError];
}

/** Messages that the server sends to this connection only, by event name. */
export type DirectEvents = Readonly<Record<string, readonly [data: JsonValue]>>;

/**
 * A client of one rt server. It connects at the first `subscribe`, `send` or `connect`, comes back by itself when the
 * connection goes, and then takes up every subscription. Making one touches nothing of the browser's.
 */
export class RealtimeClient<C extends Contract = Contract> {
  /** Exists for the compiler only: a client of one contract is not a client of another. */
  declare readonly '~contract'?: C;
  /** Messages for this client's user, on whichever device. */
  readonly user: UserChannel<UserChannelOf<C>>;
  /** Messages that the server sends to this connection only. */
  readonly direct: Listenable<DirectEvents>;
  readonly #events: Emitter<ClientEvents>;
  readonly #connection: Connection;
  readonly #sends: SendQueue;
  readonly #subscriptions: Subscriptions;
  readonly #responders = new Map<string, Responder>();

  /**
   * `url` is where the server is: `http(s)://`, `ws(s)://`, or relative to the page; without a path it means
   * `/realtime`. Throws `BAD_OPTION` for an option out of range; a bad `url` is told when connecting.
   */
  constructor(url: string | URL, options: ClientOptions = {}) {
    const settings = readOptions(options);
    // A listener of 'error' that throws is not reported to itself.
    const events = new Emitter<ClientEvents>((error, event) => (event === 'error' ? log(error) : report(error)));
    const report = (error: RealtimeError): void => {
      if (!events.emit('error', error)) log(error);
    };
    const direct = new Emitter<DirectEvents>(report);
    const connection: Connection = new Connection(url, settings, {
      resume: () => subscriptions.resume(),
      opened: () => {
        sends.flush();
        subscriptions.opened();
      },
      received: (frame) => {
        if (frame[0] === 'ok') requests.settle(frame[1], undefined, frame[2]);
        else if (frame[0] === 'direct') direct.emit(frame[1], frame[2]);
        else if (frame[0] === 'call') this.#answer(frame).catch(report);
        else subscriptions.received(frame);
      },
      refused: (n, error) => {
        requests.settle(n, error);
        subscriptions.refused(n, error);
      },
      lost: () => {
        requests.lost();
        subscriptions.lost();
      },
      closed: (error) => {
        sends.closed(error);
        subscriptions.closed(error);
      },
      changed: (change) => events.emit('state', change),
      report,
    });
    const requests = new Requests(settings.timeoutMs, connection);
    const sends: SendQueue = new SendQueue(settings.queueLimit, connection, requests);
    const subscriptions: Subscriptions = new Subscriptions(sends, requests, connection, report);
    this.user = subscriptions.user;
    this.direct = direct;
    this.#events = events;
    this.#connection = connection;
    this.#sends = sends;
    this.#subscriptions = subscriptions;
  }

  /** The connection's state. */
  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** What carries the connection, while open: `websocket`, or one of the others where that does not get through. */
  get transport(): TransportName | undefined {
    return this.#connection.open?.transport;
  }

  /** This connection's public id, while open; another one after each reconnect. */
  get connectionId(): string | undefined {
    return this.#connection.open?.connectionId;
  }

  /** The user that the server took the token for, while open; absent when anonymous. */
  get userId(): string | undefined {
    return this.#connection.open?.userId;
  }

  /** Calls `listener` at each `event` until the returned function is called. */
  on<Name extends keyof ClientEvents>(event: Name, listener: Listener<ClientEvents[Name]>): Off {
    return this.#events.on(event, listener);
  }

  /**
   * Connects, at once also where the next attempt would wait. Resolves when open, however many attempts it takes;
   * rejects when the client ends `closed`. May be called again after that: every subscription is taken up.
   */
  connect(): Promise<void> {
    return this.#connection.connect();
  }

  /**
   * Ends the connection; what was sent so far still leaves. Sends that wait reject with `CLOSED`,
   * sent ones without an answer with `OUTCOME_UNKNOWN`.
   */
  close(): void {
    this.#connection.close();
  }

  /** Uses another token: from the next connect on, and for this connection too if it is open. */
  setToken(token: TokenSource): void {
    this.#connection.setToken(token);
  }

  /**
   * Starts listening to `channel`, or returns the subscription there is, whatever its options were. Throws `BAD_NAME`.
   * What the server says comes through the subscription: `subscribed`, `state`, `lifecycle`.
   */
  subscribe<Name extends string>(
    channel: ChannelName<C, Name>,
    options?: SubscribeOptions,
  ): SubscriptionOf<ChannelOf<C, Name>> {
    const subscription = this.#subscriptions.subscribe(channel as string, options?.last);
    const closedBy = this.#connection.closedBy;
    if (closedBy) subscription.fail(closedBy);
    this.#connection.start();
    // The contract says what is in its messages; the client carries them as they come.
    return subscription as unknown as SubscriptionOf<ChannelOf<C, Name>>;
  }

  /**
   * As `subscribe`, for a pattern and what its `{name}` parts are. These are encoded, so that any text may be one: every
   * byte of its UTF-8 outside `A–Z a–z 0–9 _ - @` is written `=XX`. Throws `BAD_NAME` for a missing one too.
   */
  channel<Text extends ChannelPattern<C>>(
    pattern: Text,
    params: ChannelParams<Text>,
    options?: SubscribeOptions,
  ): SubscriptionOf<ChannelOf<C, Text>> {
    return this.subscribe(channelNameOf(pattern, params) as ChannelName<C, Text>, options);
  }

  /**
   * Sends a message to `channel`. Resolves when the server accepted it; waits while there is no connection or the
   * server's rate is used up. Sends leave in the order in which they were made. One whose connection went before the
   * answer came is sent again after the next connect, under the same id: the server takes it once. Rejects with what
   * the server answered, with `TOO_LARGE`, `INVALID_DATA` or `BAD_NAME` before sending, with `QUEUE_FULL` or `CLOSED`
   * when it was not sent, with `OUTCOME_UNKNOWN` when it may have arrived: the open connection gave no answer in time,
   * no new one came within 90 s, the client was closed, or the channel keeps no log that would tell a second copy.
   */
  send<Name extends string, Event extends SendName<ChannelOf<C, Name>>>(
    channel: ChannelName<C, Name>,
    event: Event,
    ...[data, options]: DataArguments<SendInput<ChannelOf<C, Name>, Event>, SendOptions>
  ): Promise<SendResult> {
    this.#connection.start();
    return this.#sends.send(channel as string, event, data, options);
  }

  /**
   * Calls a method of the server and resolves with its answer; waits while there is no connection or the server's rate is used
   * up. Calls leave in the order in which they were made. Rejects with what the method refused with, with `DEADLINE` when no
   * answer came in time or the client's file for calls did not load, with `CANCELLED` when `signal` aborted, and with
   * `OUTCOME_UNKNOWN` where the connection went before the answer came and it is not `idempotent`; with `TOO_LARGE`,
   * `INVALID_DATA`, `BAD_OPTION` or `BAD_NAME` before it was called, with `QUEUE_FULL` or `CLOSED` when it was not sent.
   */
  async call<Name extends MethodName<C>>(
    method: Name,
    ...[input, options = {}]: DataArguments<MethodInput<C, Name>, CallOptions>
  ): Promise<MethodOutput<C, Name>> {
    this.#connection.start();
    // Now: the caller may change it later.
    const fields = jsonTexts(method, input);
    const { call } = await loadFeatures();
    return call(this.#sends, fields, options, { Failure: RealtimeError, check: checkNumber }) as Promise<
      MethodOutput<C, Name>
    >;
  }

  /**
   * Answers what the server asks this connection (`connection.request(event)`), until the returned function is called. The last
   * responder of an event is the one that counts; without one the server gets `UNSUPPORTED`.
   */
  respond(event: string, responder: Responder): Off {
    this.#responders.set(event, responder);
    return () => {
      if (this.#responders.get(event) === responder) this.#responders.delete(event);
    };
  }

  /** Answers through the connection on which the question came: another server counts anew. */
  async #answer(question: ServerFrameOf<'call'>): Promise<void> {
    const { open } = this.#connection;
    const { respond } = await loadFeatures();
    const answer = (frame: ClientFrame): void => {
      if (open === this.#connection.open) this.#connection.transmit(frame);
    };
    await respond(question, this.#responders.get(question[2]), answer, RealtimeError);
  }
}

function log(error: RealtimeError): void {
  // oxlint-disable-next-line no-console -- the application takes no errors, and none is swallowed
  console.error(error);
}
