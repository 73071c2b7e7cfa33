import { RealtimeClient } from '@rt/client';
import type { Message, Subscription } from '@rt/client';
import { Realtime } from '@rt/core';
import type { Broker, RealtimeOptions } from '@rt/core';
import { websocket } from '@rt/transport-ws';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { Inbox } from '../hardening/inbox.ts';

/** A server on a port of its own. */
export interface Node {
  readonly realtime: Realtime;
  readonly url: string;
}

/** What a subscription got. */
export interface Got {
  readonly event: string;
  readonly data: unknown;
  readonly message: Message;
}

/** A client that can be sent to another node, as a load balancer would. */
export class Traveller {
  readonly client: RealtimeClient;
  #at: Node;
  #socket: WebSocket | undefined;

  constructor(at: Node, token?: string) {
    this.#at = at;
    const connecting = (): string => this.#at.url.replace('http', 'ws');
    const connected = (socket: WebSocket): void => {
      this.#socket = socket;
    };
    const webSocket = class extends WebSocket {
      constructor(url: string | URL, protocol: string) {
        super(new URL(new URL(url).pathname, connecting()), protocol);
        connected(this);
      }
    };
    this.client = new RealtimeClient(at.url, {
      webSocket,
      backoff: { baseMs: 20, maxMs: 100 },
      ...(token === undefined ? {} : { token }),
    });
    // What goes wrong on purpose is no news.
    this.client.on('error', () => undefined);
    onTestFinished(() => this.client.close());
  }

  /** Subscribes; resolves when it is confirmed. */
  async enter(channel: string): Promise<{ readonly subscription: Subscription; readonly got: Inbox<Got> }> {
    const subscription = this.client.subscribe(channel);
    const got = new Inbox<Got>();
    subscription.onAny((event, data, message) => got.push({ event, data, message }));
    await subscription.subscribed;
    return { subscription, got };
  }

  /** Its network goes, and it comes back at `node`. Resolves when it is connected there. */
  async moveTo(node: Node): Promise<void> {
    this.#at = node;
    await this.drop();
  }

  /** Its network goes, without a close frame, and comes back. */
  async drop(): Promise<void> {
    const back = Promise.withResolvers<void>();
    let isGone = false;
    const stop = this.client.on('state', ({ state }) => {
      if (state !== 'open') isGone = true;
      else if (isGone) back.resolve();
    });
    this.#socket?.terminate();
    await back.promise;
    stop();
  }
}

/** A node with a WebSocket server; tokens are user ids, and everybody may send everywhere. Closed when the test ends. */
export async function startNode(broker: Broker, options: RealtimeOptions = {}): Promise<Node> {
  const realtime = new Realtime({
    transports: [websocket()],
    broker,
    authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
    channels: { '*': { send: true }, 'bus.*': { history: false } },
    logger: false,
    ...options,
  });
  onTestFinished(() => realtime.close({ drainMs: 0 }));
  realtime.authorize('presence-*', ({ user, action }) => action === 'update' || { name: user?.id ?? '' });
  const { url } = await realtime.listen({ port: 0, host: '127.0.0.1' });
  return { realtime, url };
}
