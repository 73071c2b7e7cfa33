import { RealtimeClient } from '@rt/client';
import type { ClientOptions } from '@rt/client';
import { Realtime } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { sse } from '@rt/transport-sse';
import { websocket } from '@rt/transport-ws';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { randomSpace, services } from '../cluster/service.ts';
import type { Service } from '../cluster/service.ts';
import { Inbox } from '../hardening/inbox.ts';
import { randomName } from '../hardening/raw-client.ts';
import { HaProxy } from '../servers/haproxy.ts';
import { Nginx } from '../servers/nginx.ts';
import { startProxy } from '../servers/tcp-proxy.ts';

const proxies = {
  nginx: (ports: readonly number[]) => Nginx.start(ports),
  HAProxy: (ports: readonly number[]) => HaProxy.start(ports),
};
const transports = ['websocket', 'sse', 'longpolling'] as const;
type TransportName = (typeof transports)[number];

/** Of this many polls one loses its answer. */
const CUT_ONE_OF = 10;
const MESSAGES = 300;

/** Two nodes behind a real proxy that gives each request to the other one in turn, over one broker. */
export function testBehindProxies(kind: keyof typeof services): void {
  let service: Service;
  beforeAll(async () => {
    service = await services[kind]!();
  });
  afterAll(() => service.stop());

  const node = async (space: string): Promise<{ realtime: Realtime; port: number }> => {
    const realtime = new Realtime({
      transports: [websocket(), sse(), longPolling()],
      broker: service.broker(space),
      authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
      channels: { '*': { send: true } },
      trustProxy: 1,
      logger: false,
    });
    onTestFinished(() => realtime.close({ drainMs: 0 }));
    realtime.authorize('presence-*', ({ user }) => ({ name: user?.id ?? '' }));
    const { port } = await realtime.listen({ port: 0, host: '127.0.0.1' });
    return { realtime, port };
  };

  describe.each(Object.entries(proxies))(`behind %s, over ${kind}`, (_, start) => {
    const two = async () => {
      const ending: (() => Promise<void>)[] = [];
      // The proxy ends last: clients say goodbye through it.
      onTestFinished(() => ending.pop()?.());
      const space = randomSpace();
      const nodes = [await node(space), await node(space)] as const;
      const proxy = await start(nodes.map(({ port }) => port));
      ending.push(() => proxy.stop());
      return { nodes, proxy };
    };
    const client = (url: string, transport: TransportName, token: string): RealtimeClient => {
      const options: ClientOptions = { token, transports: [transport], backoff: { baseMs: 20, maxMs: 200 } };
      const made = new RealtimeClient(url, options);
      made.on('error', () => undefined);
      onTestFinished(() => made.close());
      return made;
    };

    it.each(transports)('everything works over %s, whichever node a request comes to', async (transport) => {
      const { nodes, proxy } = await two();
      const [room, people] = [randomName(), randomName('presence-')];
      const ann = client(proxy.url, transport, 'ann');
      const bob = client(proxy.url, transport, 'bob');
      const [atAnn, atBob] = [new Inbox<unknown>(), new Inbox<unknown>()];
      const rooms = [ann.subscribe(room), bob.subscribe(room)];
      rooms[0]!.onAny((event, data) => atAnn.push([event, data]));
      rooms[1]!.onAny((event, data) => atBob.push([event, data]));
      await Promise.all(rooms.map(({ subscribed }) => subscribed));
      const [seen] = [ann.subscribe(people), bob.subscribe(people)];
      await Promise.all([seen.subscribed, bob.subscribe(people).subscribed]);
      for (let n = 0; n < 10; n++) {
        expect((await ann.send(room, 'said', n)).cursor).toBeTypeOf('string');
        expect(await atBob.next(`message ${n} of ann`)).toEqual(['said', n]);
        await nodes[n % 2]!.realtime.broadcast(room, 'told', n);
        expect(await atBob.next(`broadcast ${n}`)).toEqual(['told', n]);
        expect(await atAnn.next(`broadcast ${n}`)).toEqual(['told', n]);
      }
      await expect.poll(() => seen.presence.members.map(({ id }) => id).toSorted()).toEqual(['ann', 'bob']);
      const { messages } = await rooms[0]!.history({ limit: 3 });
      expect(messages.length).toBe(3);
    });

    it(`polls lose one answer of ${CUT_ONE_OF} and no message [H1] [H4]`, async () => {
      const { nodes, proxy } = await two();
      const line = await startProxy({ host: proxy.host, port: proxy.port });
      onTestFinished(() => line.close());
      let answers = 0;
      let cuts = 0;
      line.tamper('downstream', (chunk) => {
        if (!chunk.includes('rt-sequence') || ++answers < 3 || answers % CUT_ONE_OF !== 0) return chunk;
        cuts++;
        queueMicrotask(() => line.cut());
        return undefined;
      });
      const room = randomName();
      const got: unknown[] = [];
      const all = Promise.withResolvers<void>();
      const ann = client(line.url(proxy.url), 'longpolling', 'ann');
      const subscription = ann.subscribe(room);
      const gaps: unknown[] = [];
      subscription.lifecycle.on('gap', (gap) => gaps.push(gap));
      subscription.on('n', (n) => {
        got.push(n);
        if (got.length === MESSAGES) all.resolve();
      });
      await subscription.subscribed;
      for (let n = 0; n < MESSAGES; n++) {
        await nodes[n % 2]!.realtime.broadcast(room, 'n', n);
        // So slow that answers are many.
        if (n % 3 === 0) await new Promise(setImmediate);
      }
      await all.promise;
      expect(got).toEqual(Array.from({ length: MESSAGES }, (__, n) => n));
      expect(gaps).toEqual([]);
      expect(cuts).toBeGreaterThan(0);
    });
  });
}
