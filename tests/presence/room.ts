import { RealtimeClient } from '@rt/client';
import type { Subscription } from '@rt/client';
import type { Realtime, RealtimeOptions } from '@rt/core';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { Inbox } from '../hardening/inbox.ts';
import { randomName } from '../hardening/raw-client.ts';
import { startServer } from '../hardening/server.ts';

/** What a client was told of a member, and how many members it knew then. */
interface Told {
  readonly event: 'joined' | 'left' | 'updated' | 'sync';
  readonly id: string | undefined;
  readonly ids: readonly string[];
}

/** A user's client in the room, over a real socket. */
export interface Visitor {
  readonly client: RealtimeClient;
  readonly subscription: Subscription;
  readonly told: Inbox<Told>;
  /** Its network goes: no close frame. */
  drop(): void;
}

/** One presence channel of a real server; tokens are user ids. Nobody who drops is given up while a test runs. */
export class Room {
  readonly realtime: Realtime;
  readonly channel = randomName('presence-');
  readonly #url: string;

  private constructor(realtime: Realtime, url: string) {
    this.realtime = realtime;
    this.#url = url;
  }

  static async open(options: RealtimeOptions = {}): Promise<Room> {
    const { realtime, url } = await startServer({
      authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
      limits: { presenceGraceMs: 1_000_000 },
      ...options,
    });
    realtime.authorize('presence-*', ({ action }) => action === 'update' || {});
    return new Room(realtime, url);
  }

  async enter(token: string): Promise<Visitor> {
    const sockets: WebSocket[] = [];
    const webSocket = class extends WebSocket {
      constructor(url: string | URL, protocol: string) {
        super(url, protocol);
        sockets.push(this);
      }
    };
    const client = new RealtimeClient(this.#url, { token, webSocket, backoff: { baseMs: 1, maxMs: 5 } });
    onTestFinished(() => client.close());
    const subscription = client.subscribe(this.channel);
    const { presence } = subscription;
    const told = new Inbox<Told>();
    const tell = (event: Told['event'], id?: string): void => {
      told.push({ event, id, ids: presence.members.map((member) => member.id).sort() });
    };
    presence.on('joined', ({ id }) => tell('joined', id));
    presence.on('left', ({ id }) => tell('left', id));
    presence.on('updated', ({ id }) => tell('updated', id));
    presence.on('sync', () => tell('sync'));
    await subscription.subscribed;
    return { client, subscription, told, drop: () => sockets.at(-1)?.terminate() };
  }
}
