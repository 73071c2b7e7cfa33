import { memoryBroker, MemoryBus } from '@rt/core';
import type { Broker, Realtime, RealtimeOptions } from '@rt/core';
import { startRealtime } from '../start-realtime.ts';
import type { TestClient, TestWire } from '../test-wire.ts';

/** One node of a `Town`. */
export interface TownNode {
  readonly realtime: Realtime;
  /** A client that connected; its token is its user's id. */
  client(user: string | null, channels?: readonly string[]): Promise<TestClient & { readonly id: string }>;
}

/** Several nodes on one memory bus, as they would be on one broker. */
export class Town {
  readonly bus = new MemoryBus();
  readonly options: RealtimeOptions;

  constructor(options: RealtimeOptions = {}) {
    this.options = options;
  }

  async node(options: RealtimeOptions = {}, broker: Broker = memoryBroker({ bus: this.bus })): Promise<TownNode> {
    const { realtime, wire } = await startRealtime({
      authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
      channels: { '*': { send: true } },
      broker,
      ...this.options,
      ...options,
    });
    realtime.authorize('presence-*', ({ user }) => ({ name: user?.id ?? '' }));
    return { realtime, client: (user, channels) => connect(wire, user, channels) };
  }

  /** A node without clients. */
  publisher(): Promise<TownNode> {
    return this.node({ transports: [] });
  }
}

async function connect(
  wire: TestWire,
  user: string | null,
  channels: readonly string[] = [],
): Promise<TestClient & { readonly id: string }> {
  const client = wire.connect();
  const id = await client.open(channels, user);
  return Object.assign(client, { id });
}
