import { channelNameProblem, RealtimeError } from '@rt/protocol';
import type { Contract } from '@rt/protocol';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ChannelHandle } from './channel/channel-handle.ts';
import type { ClientConnection } from './connection/client-connection.ts';
import { Connection } from './connection/connection.ts';
import { instanceHash } from './connection/instance.ts';
import { addCurrent, removeCurrent } from './current.ts';
import type { Published } from './delivery/messages.ts';
import type { MessageHandler } from './handlers/message-handlers.ts';
import { attachRouter } from './http/attach.ts';
import { createListeningServer } from './http/listen.ts';
import type { ListenOptions, Listening } from './http/listen.ts';
import type { LifecycleEvents } from './lifecycle.ts';
import { RealtimeNode } from './node.ts';
import { parseOptions } from './options.ts';
import type { RealtimeOptions } from './options.ts';

/** Who must not get a message: a connection's client program, or one named by its instance and (where it has one) user. */
export type Except = ClientConnection | { readonly instance: string; readonly user?: string };

/** How one message is broadcast. */
export interface BroadcastOptions {
  /** This client program does not get it. The other devices of its user do. */
  readonly except?: Except;
  /** Not kept, at most once. A channel without history carries every message so. */
  readonly volatile?: boolean;
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
  async broadcast(channel: string, event: string, data?: unknown, options: BroadcastOptions = {}): Promise<Published> {
    const message = this.#node.messages.check(channel, event, data);
    // Only the first broadcast of a publisher has to wait for the broker: later ones join their own tick.
    if (this.#node.state !== 'started') await this.start();
    const except = options.except === undefined ? undefined : hashOf(options.except);
    return this.#node.messages.publish({ ...message, except });
  }

  /** One channel. Throws `BAD_NAME`. */
  channel(name: string): ChannelHandle {
    const problem = channelNameProblem(name);
    if (problem !== undefined) throw new RealtimeError('BAD_NAME', problem);
    return {
      name,
      broadcast: (event, data, options) => this.broadcast(name, event, data, options),
      subscriberCount: () => Promise.resolve(this.#node.hub.count(name)),
    };
  }

  /**
   * Runs `handler` when a client sends `event` to a channel that matches `pattern`, where a rule's `send` lets it.
   * Throws `BAD_OPTION` for a pattern that is none or has a handler for this event already.
   */
  handle(pattern: string, event: string, handler: MessageHandler): void {
    this.#node.handlers.add(pattern, event, handler);
  }

  /** Listens to what happens to connections. Returns what stops it. */
  on<Name extends keyof LifecycleEvents>(name: Name, listener: (event: LifecycleEvents[Name]) => void): () => void {
    return this.#node.lifecycle.on(name, listener);
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
  if (except instanceof Connection) return except.instanceHash;
  if ('instance' in except) return instanceHash(except.user, except.instance);
  throw new RealtimeError('BAD_OPTION', 'except takes a connection of this Realtime or { instance, user? }');
}
