import { memoryBroker, MemoryBus } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { Town } from './town.ts';

describe('what is asked of all nodes', () => {
  it('finds a user on whichever node they are, from every node and from one without clients', async () => {
    const town = new Town();
    const [a, b, publisher] = [await town.node(), await town.node(), await town.publisher()];
    const client = await b.client('ann', ['news']);
    for (const { realtime } of [a, b, publisher]) {
      expect(await realtime.user('ann').isOnline()).toBe(true);
      expect(await realtime.user('bob').isOnline()).toBe(false);
      const connections = await realtime.user('ann').connections();
      expect(connections.map(({ id, user, channels }) => [id, user?.id, [...channels].sort()])).toEqual([
        [client.id, 'ann', ['news', 'user.ann']],
      ]);
    }
  });

  it('counts subscribers on all nodes, and lists channels by prefix in pages', async () => {
    const town = new Town();
    const [a, b, publisher] = [await town.node(), await town.node(), await town.publisher()];
    await a.client(null, ['room.1', 'room.2', 'other']);
    await b.client(null, ['room.2', 'room.3']);
    expect(await publisher.realtime.channel('room.2').subscriberCount()).toBe(2);
    const first = await publisher.realtime.channels({ prefix: 'room.', limit: 2 });
    expect(first.channels).toEqual([
      { name: 'room.1', subscriberCount: 1 },
      { name: 'room.2', subscriberCount: 2 },
    ]);
    const second = await a.realtime.channels({ prefix: 'room.', limit: 2, cursor: first.next! });
    expect(second).toEqual({ channels: [{ name: 'room.3', subscriberCount: 1 }], next: null });
    await expect(a.realtime.channels({ limit: 1001 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  it('sends to one connection of another node, and says when no node has it', async () => {
    const town = new Town();
    const [a, b] = [await town.node(), await town.node()];
    const client = await b.client(null);
    await a.realtime.send(client.id, 'hello', { n: 1 });
    expect(await client.next()).toEqual(['direct', 'hello', { n: 1 }]);
    for (const id of [`${client.id}x`, 'nowhere.x', 'x']) {
      await expect(a.realtime.send(id, 'hello')).rejects.toMatchObject({ code: 'UNKNOWN_CONNECTION' });
    }
  });

  it('sends to a user on every node, whoever sends', async () => {
    const town = new Town();
    const [a, b, publisher] = [await town.node(), await town.node(), await town.publisher()];
    const clients = [await a.client('ann'), await b.client('ann')];
    await publisher.realtime.sendToUser('ann', 'hello');
    for (const client of clients) expect((await client.next()).slice(0, 3)).toEqual(['m', 'user.ann', 'hello']);
  });

  it('ends one connection, or all of a user, wherever they are', async () => {
    const town = new Town();
    const [a, b, publisher] = [await town.node(), await town.node(), await town.publisher()];
    const [one, two, three] = [await a.client('ann'), await b.client('ann'), await b.client('bob')];
    expect(await publisher.realtime.user('ann').disconnect({ reason: 'enough' })).toBe(2);
    for (const client of [one, two]) expect((await client.closed()).code).toBe(4502);
    expect(await a.realtime.disconnect({ connection: three.id }, { code: 4321 })).toBe(1);
    expect((await three.closed()).code).toBe(4321);
    expect(await a.realtime.disconnect({ connection: three.id })).toBe(0);
  });

  it('subscribes, unsubscribes and reauthorises connections of other nodes', async () => {
    const town = new Town();
    const [a, b] = [await town.node(), await town.node()];
    let isAllowed = true;
    b.realtime.authorize('private-*', () => isAllowed);
    const client = await b.client('ann', ['private-1']);
    const [connection] = await a.realtime.user('ann').connections();
    await connection!.subscribe('news');
    expect((await client.next()).slice(0, 3)).toEqual(['sub', 0, 'news']);
    expect(await connection!.unsubscribe('news', 'enough')).toBe(true);
    expect(await client.next()).toEqual(['unsub', 'news', 'FORBIDDEN', 'enough']);
    isAllowed = false;
    await a.realtime.user('ann').reauthorize();
    expect((await client.next()).slice(0, 3)).toEqual(['unsub', 'private-1', 'FORBIDDEN']);
    await expect(connection!.subscribe('$nodes')).rejects.toMatchObject({ code: 'BAD_NAME' });
  });

  it('excludes a connection of another node', async () => {
    const town = new Town();
    const [a, b] = [await town.node(), await town.node()];
    const [ann, bob] = [await b.client('ann', ['news']), await b.client('bob', ['news'])];
    const [connection] = await a.realtime.user('ann').connections();
    await a.realtime.broadcast('news', 'hello', null, { except: connection! });
    expect((await bob.next()).slice(0, 3)).toEqual(['m', 'news', 'hello']);
    await a.realtime.broadcast('news', 'again');
    expect((await ann.next()).slice(0, 3)).toEqual(['m', 'news', 'again']);
  });

  it('rejects with DEADLINE where a node is there and does not answer, instead of a count that is too low', async () => {
    const town = new Town();
    const a = await town.node();
    // A node that is heard, and says nothing else.
    const mute = memoryBroker({ bus: town.bus });
    await mute.start({
      message: () => undefined,
      health: () => undefined,
      gap: () => undefined,
      warn: () => undefined,
    });
    await mute.publish([{ channel: '$nodes', texts: ['[1,"hello","mute",true]'] }]);
    await expect(a.realtime.channel('news').subscriberCount()).rejects.toMatchObject({ code: 'DEADLINE' });
    await mute.publish([{ channel: '$nodes', texts: ['[1,"bye","mute"]'] }]);
    expect(await a.realtime.channel('news').subscriberCount()).toBe(0);
    await mute.close();
  });

  it('is not asked of anybody where the broker reaches no other node', async () => {
    const { realtime } = await new Town().node({}, memoryBroker());
    expect(await realtime.channels()).toEqual({ channels: [], next: null });
    await expect(realtime.send('another.node', 'hello')).rejects.toMatchObject({ code: 'UNKNOWN_CONNECTION' });
  });

  it('refuses where the answer is nothing that JSON can say, and goes on', async () => {
    const town = new Town({
      // An application may keep anything with its users.
      authenticate: ({ token }) => ({ id: String(token), balance: 10n }),
    });
    const [a, b] = [await town.node(), await town.node()];
    await b.client('ann');
    await expect(a.realtime.user('ann').connections()).rejects.toMatchObject({ code: 'HANDLER_FAILED' });
    expect(await a.realtime.user('ann').isOnline()).toBe(true);
  });

  it('drops what no node wrote, and says so once for many [B6]', async () => {
    const bus = new MemoryBus();
    const warnings: unknown[] = [];
    const note = (): void => undefined;
    const logger = {
      debug: note,
      info: note,
      error: note,
      warn: (message: string, fields: unknown) => warnings.push([message, fields]),
    };
    const town = new Town();
    const { realtime } = await town.node({ logger }, memoryBroker({ bus }));
    const stranger = memoryBroker({ bus });
    await stranger.start({ message: note, health: note, gap: note, warn: note });
    const garbage = [
      '',
      '{',
      '[]',
      '[2,"beat","x",true]',
      '[1,"beat"]',
      '[1,"beat",{},true]',
      `[1,"ask","x",-1,"y",0]`,
    ];
    const hostile = ['__proto__', 'constructor', 'toString'].map((name) => `[1,"ask","x",1,"${name}",null]`);
    await stranger.publish([{ channel: '$nodes', texts: [...garbage, ...hostile, '\0'.repeat(100_000)] }]);
    expect(warnings).toHaveLength(4);
    expect(await realtime.user('ann').isOnline()).toBe(false);
    await stranger.close();
  });
});
