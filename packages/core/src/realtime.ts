import { channelKind, channelNameProblem, eventNameProblem, RealtimeError } from '@rt/protocol';
import type { Contract, ServerFrameOf } from '@rt/protocol';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Authorizer } from './authorization/authorizer.ts';
import { userChannel } from './authorization/user-channel.ts';
import type { ChannelHandle, History, KeptMessage } from './channel/channel-handle.ts';
import type { ChannelPage, ChannelQuery, Fleet } from './cluster/fleet.ts';
import { RemoteConnection } from './cluster/remote-connection.ts';
import type { ConnectionHandle } from './connection/client-connection.ts';
import { Connection } from './connection/connection.ts';
import { instanceHash } from './connection/instance.ts';
import { addCurrent, removeCurrent } from './current.ts';
import { readHistory } from './delivery/history.ts';
import type { OutgoingMessage } from './delivery/messages.ts';
import type { Published } from './delivery/published.ts';
import { publishKey } from './delivery/publish-key.ts';
import type { MessageHandler } from './handlers/message-handlers.ts';
import { attachRouter } from './http/attach.ts';
import { createListeningServer } from './http/listen.ts';
import type { ListenOptions, Listening } from './http/listen.ts';
import type { LifecycleEvents } from './lifecycle.ts';
import { RealtimeNode } from './node.ts';
import { parseOptions } from './options.ts';
import type { RealtimeOptions } from './options.ts';
import type { Member } from './presence/member.ts';
import type { DisconnectReason, UserHandle } from './user-handle.ts';

/** Who must not get a message: a connection's client program, or one named by its instance and (where it has one) user. */
export type Except = ConnectionHandle | { readonly instance: string; readonly user?: string };

/** How one message is broadcast. */
export interface BroadcastOptions {
  /** This client program does not get it. The other devices of its user do. */
  readonly except?: Except;
  /** Not kept, at most once. A channel without history carries every message so. */
  readonly volatile?: boolean;
  /** A second broadcast to the channel with this id, within two minutes, is not published and gets the first one's cursor. */
  readonly id?: string;
}

/**
 * A realtime server, or (without transports) a publisher: one per process is usual.
 *
 * Throws `BAD_OPTION` for options that are not allowed, naming the option, its value and what would be.
 */
export class Realtime<Definition extends Contract = Contract> {
  readonly #node: RealtimeNode;
  readonly #detach: (() => void)[] = [];
  #server: Server | undefined;

  constructor(options: RealtimeOptions<Definition> = {}) {
    this.#node = new RealtimeNode(parseOptions(options));
  }

  /** Connects the broker. `listen` and `attach` do it too; on its own it makes a publisher. Rejects with the broker's reason. */
  async start(): Promise<void> {
    await this.#node.start();
    addCurrent(this);
  }

  /**
   * Serves on a port of its own. Port 0 takes a free one.
   * Rejects with the system's error (`EADDRINUSE` …) or the broker's reason.
   */
  async listen(options: ListenOptions = {}): Promise<Listening> {
    if (this.#server !== undefined)
      throw new RealtimeError('BAD_OPTION', 'this Realtime listens already: call listen() once');
    const { server, listening } = await createListeningServer(options, this.#node.options.tls, async (created) =>
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
  broadcast(channel: string, event: string, data?: unknown, options: BroadcastOptions = {}): Promise<Published> {
    const { messages } = this.#node.parts;
    try {
      const { except, volatile: isVolatile, id } = options;
      const message: OutgoingMessage = {
        channel,
        event,
        dataText: messages.checked(channel, event, data),
        except: except === undefined ? undefined : hashOf(except),
        isVolatile,
        publishKey: id === undefined ? undefined : publishKey(undefined, id),
      };
      if (this.#node.state === 'started') return messages.publish(message);
      // Only the first broadcast of a publisher has to wait for the broker: later ones join their own tick.
      return this.start().then(() => messages.publish(message));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** One channel. Throws `BAD_NAME`. */
  channel(name: string): ChannelHandle {
    const problem = channelNameProblem(name);
    if (problem !== undefined) throw new RealtimeError('BAD_NAME', problem);
    return {
      name,
      broadcast: (event, data, options) => this.broadcast(name, event, data, options),
      history: (page) => this.#history(name, page),
      members: () => this.#members(name),
      subscriberCount: async () => (await this.#started()).subscriberCount(name),
    };
  }

  /**
   * Says who may have the channels that match `pattern`; its `{name}` parts are `params` by name and type.
   * Private and presence channels are refused without one. Throws `BAD_OPTION` for a bad pattern or a second authorizer.
   */
  authorize<const Text extends string>(pattern: Text, authorizer: Authorizer<Text>): void {
    this.#node.parts.authorizers.add(pattern, authorizer as Authorizer);
  }

  /** Sends to every connection of a user, now or when it comes back: clients hear it with `client.user.on`. As `broadcast`. */
  sendToUser(userId: string, event: string, data?: unknown, options?: BroadcastOptions): Promise<Published> {
    return this.broadcast(userChannel(userId), event, data, options);
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
  user(id: string): UserHandle {
    return {
      id,
      isOnline: async () => (await this.#started()).isOnline(id),
      connections: async () => (await this.#started()).connections(id),
      send: (event, data, options) => this.sendToUser(id, event, data, options),
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
   * Runs `handler` when a client sends `event` to a channel that matches `pattern`, where a rule's `send` lets it.
   * Throws `BAD_OPTION` for a pattern that is none or has a handler for this event already.
   */
  handle(pattern: string, event: string, handler: MessageHandler): void {
    this.#node.parts.handlers.add(pattern, event, handler);
  }

  async #history(channel: string, page: Parameters<ChannelHandle['history']>[0] = {}): Promise<History> {
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

  /** Listens to what happens to connections and members. Returns what stops it. */
  on<Name extends keyof LifecycleEvents>(name: Name, listener: (event: LifecycleEvents[Name]) => void): () => void {
    return this.#node.parts.lifecycle.on(name, listener);
  }

  /**
   * Takes no new clients, asks the connected ones to go elsewhere within `drainMs` (default 20,000), closes those that
   * are still there with 4200, then transports, broker and own server. Calling it again waits for the same end.
   */
  async close(options: { readonly drainMs?: number } = {}): Promise<void> {
    removeCurrent(this);
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

function hashOf(except: Except): string {
  if (except instanceof Connection || except instanceof RemoteConnection) return except.instanceHash;
  if ('instance' in except) return instanceHash(except.user, except.instance);
  throw new RealtimeError('BAD_OPTION', 'except takes a connection of this Realtime or { instance, user? }');
}

function keptMessage(frame: string): KeptMessage {
  // A frame of our own log, as `messageTemplate` wrote it.
  const [, channel, event, cursor, data, meta] = JSON.parse(frame) as ServerFrameOf<'m'>;
  const [id, at, user] = meta;
  return { id, channel, event, data, at, cursor: cursor ?? '', ...(user === undefined ? {} : { user }) };
}
