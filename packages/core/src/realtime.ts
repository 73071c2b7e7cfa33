import { channelKind, eventNameProblem, RealtimeError } from '@rt/protocol';
import type {
  ChannelName,
  ChannelOf,
  Contract,
  DataArguments,
  EventInput,
  EventName,
  MethodAnswer,
  MethodName,
  MethodReceived,
  ParamsArguments,
  PatternOrName,
  SendName,
  ServerFrameOf,
  UserChannelOf,
} from '@rt/protocol';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AuthorizedPattern, AuthorizerOf, HandlerOf } from './application-contract/contract-types.ts';
import type { Authorizer } from './authorization/authorizer.ts';
import { userChannel } from './authorization/user-channel.ts';
import type { ChannelHandle, History, HistoryQuery, KeptMessage } from './channel/channel-handle.ts';
import { givenChannel } from './channel/given-channel.ts';
import type { ChannelPage, ChannelQuery, Fleet } from './cluster/fleet.ts';
import { addCurrent, removeCurrent } from './current.ts';
import { Broadcasts } from './delivery/broadcasts.ts';
import type { BroadcastOptions } from './delivery/broadcasts.ts';
import { readHistory } from './delivery/history.ts';
import type { Published } from './delivery/published.ts';
import type { MessageHandler } from './handlers/message-handlers.ts';
import type { Method } from './handlers/methods.ts';
import { attachRouter } from './http/attach.ts';
import { createListeningServer } from './http/listen.ts';
import type { ListenOptions, Listening } from './http/listen.ts';
import type { Middleware } from './invocations/invocation.ts';
import type { LifecycleEvents } from './lifecycle.ts';
import { RealtimeNode } from './node.ts';
import { parseOptions } from './options.ts';
import type { RealtimeOptions } from './options.ts';
import type { Member } from './presence/member.ts';
import { statsOf } from './stats.ts';
import type { NodeStats } from './stats.ts';
import type { DisconnectReason, UserHandle } from './user-handle.ts';

/** The node of a `Realtime`, for the test kit, which looks inside. */
export let nodeOf: (realtime: object) => RealtimeNode | undefined;

/**
 * A realtime server, or (without transports) a publisher: one per process is usual.
 *
 * Throws `BAD_OPTION` for options that are not allowed, naming the option, its value and what would be.
 */
export class Realtime<Definition extends Contract = Contract> {
  static {
    nodeOf = (realtime) => (#node in realtime ? realtime.#node : undefined);
  }

  readonly #node: RealtimeNode;
  readonly #broadcasts: Broadcasts;
  readonly #detach: (() => void)[] = [];
  #server: Server | undefined;

  constructor(options: RealtimeOptions<Definition> = {}) {
    const node = new RealtimeNode(parseOptions(options));
    const { messages, contract } = node.parts;
    this.#node = node;
    this.#broadcasts = new Broadcasts({
      messages,
      contract,
      isStarted: () => node.state === 'started',
      start: () => this.start(),
    });
  }

  /** Connects the broker. `listen` and `attach` do it too; on its own it makes a publisher. Rejects with the broker's reason. */
  async start(): Promise<void> {
    await this.#node.start();
    addCurrent(this.#broadcasts);
  }

  /**
   * Serves on a port of its own. Port 0 takes a free one.
   * Rejects with the system's error (`EADDRINUSE` …) or the broker's reason.
   */
  async listen(options: ListenOptions = {}): Promise<Listening> {
    if (this.#server !== undefined)
      throw new RealtimeError('BAD_OPTION', 'this Realtime listens already: call listen() once');
    const { server, listening } = await createListeningServer(options, this.#node.options, async (created) =>
      this.attach(created),
    );
    this.#server = server;
    return listening;
  }

  /** Serves below the base path of `server` (`node:http`, Express' and Fastify's own). Its other routes and upgrades stay as they are. */
  async attach(server: Server): Promise<void> {
    await this.start();
    this.#detach.push(attachRouter(server, this.#node.router));
  }

  /** For frameworks: answers a request below the base path, and says whether it was one. Upgrades need `attach`. */
  handler(req: IncomingMessage, res: ServerResponse): boolean {
    return this.#node.router.handle(req, res);
  }

  /**
   * Sends a message to everybody subscribed to `channel`, on every node. Resolves when the broker accepted it.
   * Rejects with `BAD_NAME`, `INVALID_DATA`, `TOO_LARGE`, `BROKER_DOWN`, `DEADLINE` or `CLOSING`.
   */
  broadcast<Name extends string, Event extends EventName<ChannelOf<Definition, Name>>>(
    channel: ChannelName<Definition, Name>,
    event: Event,
    ...data: DataArguments<EventInput<ChannelOf<Definition, Name>, Event>, BroadcastOptions>
  ): Promise<Published> {
    return this.#broadcasts.broadcast(channel as string, event, ...data);
  }

  /**
   * One channel: by its name, or by a pattern and what its `{name}` parts are, which are encoded so that any text may be
   * one. Throws `BAD_NAME`.
   */
  channel<const Text extends string>(
    pattern: PatternOrName<Definition, Text>,
    ...[params]: ParamsArguments<Definition, Text>
  ): ChannelHandle<ChannelOf<Definition, Text>> {
    const name = givenChannel(pattern as string, params);
    const handle: ChannelHandle = {
      name,
      broadcast: (event, ...data) => this.#broadcasts.broadcast(name, event, ...data),
      history: (page) => this.#history(name, page),
      members: () => this.#members(name),
      subscriberCount: async () => (await this.#started()).subscriberCount(name),
    };
    // The contract says what is in its messages; here they are JSON.
    return handle as unknown as ChannelHandle<ChannelOf<Definition, Text>>;
  }

  /**
   * Says who may have the channels that match `pattern`; its `{name}` parts are `params` by name and type.
   * Private and presence channels are refused without one. Throws `BAD_OPTION` for a bad pattern, a second authorizer, or what is
   * not in the contract.
   */
  authorize<const Text extends string>(
    pattern: AuthorizedPattern<Definition, Text>,
    authorizer: AuthorizerOf<Definition, Text>,
  ): void {
    this.#node.parts.contract?.checkAuthorized(pattern as string);
    this.#node.parts.authorizers.add(pattern as string, authorizer as Authorizer);
  }

  /** Sends to every connection of a user, now or when it comes back: clients hear it with `client.user.on`. As `broadcast`. */
  sendToUser<Event extends EventName<UserChannelOf<Definition>>>(
    userId: string,
    event: Event,
    ...data: DataArguments<EventInput<UserChannelOf<Definition>, Event>, BroadcastOptions>
  ): Promise<Published> {
    return this.#broadcasts.broadcast(userChannel(userId), event, ...data);
  }

  /**
   * Sends to one connection only, at most once: clients hear it with `client.direct.on`.
   * Resolves when its node has queued it. Rejects with `UNKNOWN_CONNECTION`, `BAD_NAME`, `INVALID_DATA`, `TOO_LARGE` or
   * (where another node has it and does not answer) `DEADLINE`.
   */
  async send(connectionId: string, event: string, data?: unknown): Promise<void> {
    const problem = eventNameProblem(event);
    if (problem !== undefined) throw new RealtimeError('BAD_NAME', problem);
    const text = this.#node.parts.messages.dataText(data);
    const fleet = await this.#started();
    await fleet.send(connectionId, `["direct",${JSON.stringify(event)},${text}]`);
  }

  /** One user, on all their connections. */
  user(id: string): UserHandle<UserChannelOf<Definition>> {
    return {
      id,
      isOnline: async () => (await this.#started()).isOnline(id),
      connections: async () => (await this.#started()).connections(id),
      send: (event, ...data) => this.sendToUser(id, event, ...data),
      disconnect: (reason) => this.disconnect({ user: id }, reason),
      reauthorize: async () => (await this.#started()).reauthorize(id),
    };
  }

  /**
   * The channels that somebody is subscribed to on any node, a page at a time, in the order of their names.
   * Rejects with `BAD_OPTION` for a limit over 1,000 and with `DEADLINE` where a node does not answer.
   */
  async channels(query: ChannelQuery = {}): Promise<ChannelPage> {
    return (await this.#started()).channels(query);
  }

  /**
   * Ends one connection, or all of a user: with close code 4502 (do not come back) or `code`, 3000–4999. A user leaves
   * presence channels at once, also one whose connection dropped a moment ago. Resolves with how many connections there
   * were on all nodes; rejects with `DEADLINE` where one does not answer.
   */
  disconnect(
    target: { readonly connection: string } | { readonly user: string },
    { code, reason }: DisconnectReason = {},
  ): Promise<number> {
    if (code !== undefined && !(Number.isInteger(code) && code >= 3000 && code <= 4999)) {
      throw new RealtimeError('BAD_OPTION', 'a close code of an application is from 3000 to 4999 (RFC 6455 §7.4.2)');
    }
    return this.#disconnect({
      ...target,
      ...(code !== undefined && { code }),
      ...(reason !== undefined && { reason }),
    });
  }

  /**
   * Runs `handler` when a client sends `event` to a channel that matches `pattern`, where a rule's `send` or the contract lets it.
   * Throws `BAD_OPTION` for a pattern that is none or has a handler for this event already, and for what is not in the contract.
   */
  handle<const Text extends string, Event extends SendName<ChannelOf<Definition, Text>>>(
    pattern: PatternOrName<Definition, Text>,
    event: Event,
    handler: HandlerOf<Text, ChannelOf<Definition, Text>, Event>,
  ): void {
    this.#node.parts.contract?.checkHandled(pattern as string, event);
    this.#node.parts.handlers.add(pattern as string, event, handler as MessageHandler);
  }

  /** Answers `client.call(name, input)`. Throws `BAD_NAME`, and `BAD_OPTION` where the name has a method already. */
  method<const Name extends MethodName<Definition>>(
    name: Name,
    method: Method<MethodReceived<Definition, Name>, MethodAnswer<Definition, Name>>,
  ): void {
    this.#node.parts.methods.add(name, method as Method);
  }

  /** Runs `middleware` around every authorizer, handler and method from now on, inside of those that came before. */
  use(middleware: Middleware): void {
    this.#node.parts.invocations.use(middleware);
  }

  async #history(channel: string, page: HistoryQuery = {}): Promise<History> {
    const { broker } = this.#node.options;
    await this.start();
    if (broker.log === undefined || !this.#node.parts.messages.hasLog(channel)) {
      throw new RealtimeError('UNSUPPORTED', `"${channel}" keeps no history`);
    }
    const limit = page.limit ?? 50;
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= 1000)) {
      throw new RealtimeError('BAD_OPTION', `limit is ${limit}; allowed: 1 to 1,000`);
    }
    const { frames, previous, next } = await readHistory(broker.log, channel, { ...page, limit });
    return { messages: frames.map(keptMessage), previous, next };
  }

  async #disconnect(target: Parameters<Fleet['disconnect']>[0]): Promise<number> {
    return (await this.#started()).disconnect(target);
  }

  /** What asks other nodes needs the broker. */
  async #started(): Promise<Fleet> {
    if (this.#node.state !== 'started') await this.start();
    return this.#node.parts.fleet;
  }

  async #members(channel: string): Promise<readonly Member[]> {
    if (channelKind(channel) === 'presence') return (await this.#started()).members(channel);
    throw new RealtimeError('UNSUPPORTED', `"${channel}" is no presence channel: it has no members`);
  }

  /** What this node does at the moment. `GET …/stats` answers the same to those who have the API key. */
  stats(): NodeStats {
    return statsOf(this.#node);
  }

  /** Listens to what happens to connections and members. Returns what stops it. */
  on<Name extends keyof LifecycleEvents>(name: Name, listener: (event: LifecycleEvents[Name]) => void): () => void {
    return this.#node.parts.lifecycle.on(name, listener);
  }

  /**
   * Takes no new clients, asks the connected ones to go elsewhere within `drainMs` (default 20,000), closes those that
   * are still there with 4200, then transports, broker and own server. Calling it again waits for the same end.
   */
  async close(options: { readonly drainMs?: number } = {}): Promise<void> {
    removeCurrent(this.#broadcasts);
    await this.#node.close(options.drainMs ?? 20_000);
    for (const detach of this.#detach.splice(0)) detach();
    const server = this.#server;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}

function keptMessage(frame: string): KeptMessage {
  // A frame of our own log.
  const [, channel, event, cursor, data, meta] = JSON.parse(frame) as ServerFrameOf<'m'>;
  const [id, at, user] = meta;
  return { id, channel, event, data, at, cursor: cursor ?? '', ...(user === undefined ? {} : { user }) };
}
