import { expect, it } from 'vitest';
import { Inbox } from './inbox.ts';
import { newClient } from './open-client.ts';

it('hears the messages of the own channel, to which the server subscribes', async () => {
  const { client, server } = await newClient();
  const heard = new Inbox<[data: unknown, id: string]>();
  client.user.on('invited', (data, { id }) => heard.push([data, id]));
  void client.connect();
  const peer = await server.peers.next();
  await peer.accept({ user: 'ada' });
  peer.send(['sub', 0, 'user.ada', 'c1', false], ['m', 'user.ada', 'invited', 'c2', 1, ['m2', 2]]);
  expect(await heard.next()).toEqual([1, 'm2']);
});

it('comes back from its last place', async () => {
  const { client, server } = await newClient();
  const recovered = new Promise<void>((resolve) => client.user.lifecycle.on('recovered', resolve));
  const heard = new Inbox<unknown>();
  client.user.onAny((_event, data) => heard.push(data));
  client.subscribe('news');
  const first = await server.peers.next();
  await first.accept({ user: 'ada' });
  first.send(['sub', 0, 'user.ada', 'c1', false], ['m', 'user.ada', 'invited', 'c2', 1, ['m2', 2]]);
  await heard.next();
  first.close();
  const second = await server.peers.next();
  expect((await second.greet({ user: 'ada' }))[4]).toEqual([
    ['news', null],
    ['user.ada', 'c2'],
  ]);
  second.send(['sub', 0, 'user.ada', 'c2', true], ['m', 'user.ada', 'invited', 'c3', 2, ['m3', 3]]);
  await recovered;
  expect(await heard.next()).toBe(2);
});

it('forgets its place when the user is another one', async () => {
  const { client, server, errors } = await newClient();
  const heard = new Inbox<unknown>();
  client.user.onAny((_event, data) => heard.push(data));
  void client.connect();
  const first = await server.peers.next();
  await first.accept({ user: 'ada' });
  first.send(['sub', 0, 'user.ada', 'c1', false], ['m', 'user.ada', 'invited', 'c2', 1, ['m2', 2]]);
  await heard.next();
  first.close();
  const second = await server.peers.next();
  await second.greet({ user: 'bob' });
  second.send(
    ['unsub', 'user.ada', 'FORBIDDEN', 'not you'],
    ['m', 'user.ada', 'invited', 'c3', 'not for bob', ['m3', 3]],
    ['sub', 0, 'user.bob', null, false],
    ['m', 'user.bob', 'invited', null, 2, ['m4', 4]],
  );
  expect(await heard.next()).toBe(2);
  second.close();
  expect((await (await server.peers.next()).greet({ user: 'bob' }))[4]).toEqual([['user.bob', null]]);
  expect(errors.size).toBe(0);
});

it('follows the user to another channel whichever the server tells first', async () => {
  const { client, server, errors } = await newClient();
  const heard = new Inbox<unknown>();
  client.user.onAny((_event, data) => heard.push(data));
  void client.connect();
  const first = await server.peers.next();
  await first.accept({ user: 'ada' });
  first.send(['sub', 0, 'user.ada', 'c1', false], ['m', 'user.ada', 'invited', 'c2', 1, ['m2', 2]]);
  await heard.next();
  first.close();
  const second = await server.peers.next();
  await second.greet({ user: 'bob' });
  second.send(
    ['sub', 0, 'user.bob', null, false],
    ['unsub', 'user.ada', 'FORBIDDEN', 'not you'],
    ['m', 'user.bob', 'invited', null, 2, ['m4', 4]],
  );
  expect([await heard.next(), errors.size]).toEqual([2, 0]);
});

it('leaves a channel of another user to the subscription that asked for it', async () => {
  const { client, server } = await newClient();
  const heard: unknown[] = [];
  client.user.onAny((_event, data) => heard.push(data));
  const subscription = client.subscribe('user.bob');
  const other = new Promise((resolve) => subscription.on('a', resolve));
  const peer = await server.peers.next();
  await peer.accept({ user: 'ada' });
  peer.send(['m', 'user.bob', 'a', null, 1, ['m1', 1]]);
  expect([await other, heard]).toEqual([1, []]);
});

it('is the same channel when it is subscribed by name', async () => {
  const { client, server } = await newClient();
  const confirmed = new Promise((resolve) => client.user.lifecycle.on('subscribed', resolve));
  void client.connect();
  const peer = await server.peers.next();
  await peer.accept({ user: 'ada' });
  peer.send(['sub', 0, 'user.ada', 'c1', false]);
  await confirmed;
  expect(client.subscribe('user.ada')).toBe(client.user);
});
