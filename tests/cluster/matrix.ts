import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Realtime } from '@rt/core';
import { randomName } from '../hardening/raw-client.ts';
import { startNode, Traveller } from './fleet.ts';
import type { Node } from './fleet.ts';
import { randomSpace, services } from './service.ts';
import type { Service } from './service.ts';

/** Two whole servers and real clients on both, over one broker: what an application sees is the same on each of them. */
export function testCluster(kind: keyof typeof services): void {
  let service: Service;
  beforeAll(async () => {
    service = await services[kind]!();
  });
  afterAll(() => service.stop());

  const two = async (): Promise<[Node, Node, space: string]> => {
    const space = randomSpace();
    return [await startNode(service.broker(space)), await startNode(service.broker(space)), space];
  };

  describe(`two nodes over ${kind}`, () => {
    it.each([
      ['kept', ''],
      ['not kept', 'bus.'],
    ])('broadcast to the clients of both, in one order, what is %s', async (_, prefix) => {
      const [a, b] = await two();
      const channel = randomName(prefix);
      const rooms = [await new Traveller(a).enter(channel), await new Traveller(b).enter(channel)];
      const published = [];
      for (let n = 0; n < 20; n++) published.push((n % 2 === 0 ? a : b).realtime.broadcast(channel, 'n', n));
      await Promise.all(published);
      const seen = [];
      for (const { got } of rooms) {
        const data = [];
        for (let n = 0; n < 20; n++) data.push((await got.next(`message ${n}`)).data);
        seen.push(data);
      }
      expect([...seen[0]!].sort((x, y) => Number(x) - Number(y))).toEqual(Array.from({ length: 20 }, (__, n) => n));
      if (prefix === '') expect(seen[1]).toEqual(seen[0]);
    });

    it('carry what a client sends to the clients of the other, with its verified sender, and not back to it', async () => {
      const [a, b] = await two();
      const channel = randomName();
      const ann = await new Traveller(a, 'ann').enter(channel);
      const bob = await new Traveller(b, 'bob').enter(channel);
      await ann.subscription.send('hello', { from: 'me' });
      expect(await bob.got.next('the message')).toMatchObject({
        event: 'hello',
        data: { from: 'me' },
        message: { user: { id: 'ann' } },
      });
      await bob.subscription.send('hello', 'back');
      expect(await ann.got.next('the answer')).toMatchObject({ data: 'back', message: { user: { id: 'bob' } } });
      expect(bob.got.size).toBe(0);
    });

    it('recover what a client missed while it moved from one to the other, without what it sent itself', async () => {
      const [a, b] = await two();
      const channel = randomName();
      const traveller = new Traveller(a, 'ann');
      const { got, subscription } = await traveller.enter(channel);
      await a.realtime.broadcast(channel, 'n', 1);
      expect((await got.next('before')).data).toBe(1);
      await subscription.send('n', 'own');
      const moving = traveller.moveTo(b);
      for (const n of [2, 3, 4]) await a.realtime.broadcast(channel, 'n', n);
      await moving;
      await b.realtime.broadcast(channel, 'n', 5);
      const seen = [];
      for (let n = 0; n < 4; n++) seen.push((await got.next('what was missed')).data);
      expect(seen).toEqual([2, 3, 4, 5]);
    });

    it('recover what was sent while nobody was there', async () => {
      const [a, b, space] = await two();
      const channel = randomName();
      const traveller = new Traveller(b);
      const { got, subscription } = await traveller.enter(channel);
      const gaps: unknown[] = [];
      subscription.lifecycle.on('gap', (gap) => gaps.push(gap));
      await b.realtime.close({ drainMs: 0 });
      await a.realtime.broadcast(channel, 'n', 'while away');
      await a.realtime.close({ drainMs: 0 });
      const next = await startNode(service.broker(space));
      await traveller.moveTo(next);
      expect((await got.next('what was missed')).data).toBe('while away');
      expect(gaps).toEqual([]);
    });

    it('leave out the excluded client on the other node, live and in the replay', async () => {
      const [a, b] = await two();
      const channel = randomName();
      const traveller = new Traveller(b, 'ann');
      const ann = await traveller.enter(channel);
      const bob = await new Traveller(b, 'bob').enter(channel);
      const [connection] = await a.realtime.user('ann').connections();
      await a.realtime.broadcast(channel, 'n', 1, { except: connection! });
      expect((await bob.got.next('live')).data).toBe(1);
      const moving = traveller.moveTo(a);
      await b.realtime.broadcast(channel, 'n', 2, { except: connection! });
      await moving;
      await b.realtime.broadcast(channel, 'n', 3);
      expect((await ann.got.next('the one that is for ann')).data).toBe(3);
    });

    it('send to a user on both, to one connection, and end them, from a publisher without clients', async () => {
      const [a, b, space] = await two();
      const publisher = new Realtime({ broker: service.broker(space), logger: false });
      onTestFinished(() => publisher.close({ drainMs: 0 }));
      await publisher.start();
      const travellers = [new Traveller(a, 'ann'), new Traveller(b, 'ann')];
      const heard = travellers.map(async ({ client }) => {
        const told = Promise.withResolvers<unknown>();
        client.user.on('note', (data: unknown) => told.resolve(data));
        const subscribed = new Promise((resolve) => client.user.lifecycle.on('subscribed', resolve));
        await client.connect();
        await subscribed;
        return { client, told: told.promise };
      });
      const clients = await Promise.all(heard);
      await publisher.sendToUser('ann', 'note', 'to ann');
      expect(await Promise.all(clients.map(({ told }) => told))).toEqual(['to ann', 'to ann']);
      const direct = Promise.withResolvers<unknown>();
      clients[1]!.client.direct.on('note', (data: unknown) => direct.resolve(data));
      await publisher.send(clients[1]!.client.connectionId!, 'note', 'to one');
      expect(await direct.promise).toBe('to one');
      expect(await publisher.user('ann').isOnline()).toBe(true);
      expect(await publisher.user('ann').disconnect()).toBe(2);
      expect(await publisher.user('ann').isOnline()).toBe(false);
    });

    it('know the members of each other, in client and server', async () => {
      const [a, b] = await two();
      const channel = randomName('presence-');
      const ann = new Traveller(a, 'ann');
      const { subscription } = await ann.enter(channel);
      const joined = Promise.withResolvers<unknown>();
      const left = Promise.withResolvers<unknown>();
      subscription.presence.on('joined', ({ id }) => joined.resolve(id));
      subscription.presence.on('left', ({ id }) => left.resolve(id));
      const bob = new Traveller(b, 'bob');
      const room = await bob.enter(channel);
      expect(await joined.promise).toBe('bob');
      for (const { realtime } of [a, b]) {
        const ids = (await realtime.channel(channel).members()).map(({ id }) => id);
        expect(ids.sort()).toEqual(['ann', 'bob']);
      }
      await room.subscription.unsubscribe();
      expect(await left.promise).toBe('bob');
    });

    it('count and list what is subscribed on both', async () => {
      const [a, b] = await two();
      const channel = randomName();
      await new Traveller(a).enter(channel);
      await new Traveller(b).enter(channel);
      expect(await a.realtime.channel(channel).subscriberCount()).toBe(2);
      expect((await b.realtime.channels({ prefix: channel })).channels).toEqual([
        { name: channel, subscriberCount: 2 },
      ]);
    });

    it('take away a permission everywhere, and nothing comes after [C6]', async () => {
      const [a, b] = await two();
      const channel = randomName('private-');
      let isAllowed = true;
      for (const { realtime } of [a, b]) realtime.authorize('private-*', () => isAllowed);
      const rooms = [await new Traveller(a, 'ann').enter(channel), await new Traveller(b, 'ann').enter(channel)];
      isAllowed = false;
      await a.realtime.user('ann').reauthorize();
      await b.realtime.broadcast(channel, 'secret', 1);
      expect(await b.realtime.channel(channel).subscriberCount()).toBe(0);
      for (const { got, subscription } of rooms) expect([got.size, subscription.state]).toEqual([0, 'unsubscribed']);
    });

    it('take a message with a known id once, whichever node it comes to', async () => {
      const [a, b] = await two();
      const channel = randomName();
      const { got } = await new Traveller(a).enter(channel);
      const first = await a.realtime.broadcast(channel, 'n', 1, { id: 'order-1' });
      const second = await b.realtime.broadcast(channel, 'n', 1, { id: 'order-1' });
      expect(second.cursor).toBe(first.cursor);
      await b.realtime.broadcast(channel, 'n', 2);
      expect([(await got.next()).data, (await got.next()).data]).toEqual([1, 2]);
    });

    it('read the same history', async () => {
      const [a, b] = await two();
      const channel = randomName();
      for (let n = 0; n < 5; n++) await (n % 2 === 0 ? a : b).realtime.broadcast(channel, 'n', n);
      const pages = await Promise.all([a, b].map(({ realtime }) => realtime.channel(channel).history({ limit: 3 })));
      expect(pages[1]).toEqual(pages[0]);
      expect(pages[0]!.messages.map(({ data }) => data)).toEqual([2, 3, 4]);
    });
  });
}
