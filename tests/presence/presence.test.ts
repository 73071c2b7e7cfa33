import { expect, it } from 'vitest';
import { ManualClock } from '../../packages/core/test/manual-clock.ts';
import { Inbox } from '../hardening/inbox.ts';
import { Room } from './room.ts';

it('a client knows the members when it is subscribed, and sees others come and go', async () => {
  const room = await Room.open();
  const ann = await room.enter('ann');
  expect(await ann.told.next()).toEqual({ event: 'sync', id: undefined, ids: ['ann'] });
  const bob = await room.enter('bob');
  expect(await bob.told.next()).toEqual({ event: 'sync', id: undefined, ids: ['ann', 'bob'] });
  expect(await ann.told.next()).toEqual({ event: 'joined', id: 'bob', ids: ['ann', 'bob'] });
  bob.client.close();
  expect(await ann.told.next()).toEqual({ event: 'left', id: 'bob', ids: ['ann'] });
});

it('a client that loses its network and comes back was never away, and still is what it was', async () => {
  const room = await Room.open();
  const ann = await room.enter('ann');
  const bob = await room.enter('bob');
  await ann.told.next('bob', ({ id }) => id === 'bob');
  await bob.subscription.presence.update({ status: 'away' });
  for (const { told } of [ann, bob]) await told.next('the update', ({ event }) => event === 'updated');
  ann.told.takeAll();
  bob.told.takeAll();
  bob.drop();
  expect((await bob.told.next()).event).toBe('sync');
  await bob.subscription.presence.update({ status: 'back' });
  expect(await ann.told.next()).toEqual({ event: 'updated', id: 'bob', ids: ['ann', 'bob'] });
  expect(await room.realtime.channel(room.channel).members()).toMatchObject([
    { id: 'ann', info: {} },
    { id: 'bob', info: { status: 'back' } },
  ]);
});

it('a client whose token expires and that comes back with a new one was never away', async () => {
  const clock = new ManualClock();
  const room = await Room.open({
    clock,
    limits: { presenceGraceMs: 1_000_000, beatMs: 1_000_000 },
    authenticate: ({ token }) =>
      token === 'bob' ? { id: token, expiresAt: new Date(clock.wallNow() + 60_000) } : { id: token ?? '' },
  });
  const ann = await room.enter('ann');
  const bob = await room.enter('bob');
  clock.advance(200);
  await ann.told.next('bob', ({ id }) => id === 'bob');
  const ends = new Inbox<string>();
  bob.client.on('error', ({ code }) => ends.push(code));
  for (const { told } of [ann, bob]) told.takeAll();
  clock.advance(60_000);
  expect(await ends.next()).toBe('TOKEN_EXPIRED');
  await bob.told.next('its roster again', ({ event }) => event === 'sync');
  // What ann is told comes in order, so nothing was told before this.
  await bob.subscription.presence.update({ status: 'back' });
  clock.advance(200);
  expect(await ann.told.next()).toEqual({ event: 'updated', id: 'bob', ids: ['ann', 'bob'] });
});

it('a client that was away is told what became different, then sync', async () => {
  const room = await Room.open();
  const ann = await room.enter('ann');
  const bob = await room.enter('bob');
  const cid = await room.enter('cid');
  await ann.told.next('cid', ({ id }) => id === 'cid');
  ann.told.takeAll();
  ann.client.close();
  bob.client.close();
  await room.enter('dan');
  await cid.told.next('dan', ({ id }) => id === 'dan');
  await ann.client.connect();
  const events = [await ann.told.next(), await ann.told.next(), await ann.told.next()];
  expect(events.map(({ event, id }) => [event, id])).toEqual([
    ['left', 'bob'],
    ['joined', 'dan'],
    ['sync', undefined],
  ]);
});

it('nobody leaves because a server drains', async () => {
  const room = await Room.open();
  await room.enter('ann');
  const bob = await room.enter('bob');
  const left: string[] = [];
  room.realtime.on('left', ({ member }) => left.push(member.id));
  await room.realtime.close({ drainMs: 10 });
  await bob.told.next('its own roster', ({ event }) => event === 'sync');
  expect(left).toEqual([]);
});

it('W9: a client that names somebody else stays who it is', async () => {
  const room = await Room.open();
  const ann = await room.enter('ann');
  const eve = await room.enter('eve');
  await ann.told.next('eve', ({ id }) => id === 'eve');
  await eve.subscription.presence.update({ id: 'ann', connectedAt: 0 });
  const { id } = await ann.told.next('the update', ({ event }) => event === 'updated');
  expect(id).toBe('eve');
  expect(eve.subscription.presence.members.map((member) => member.id)).toEqual(['ann', 'eve']);
});
