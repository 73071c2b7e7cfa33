import type { Member, Subscription } from '@rt/client';
import type { ServerFrameOf } from '@rt/protocol';
import { describe, expect, it } from 'vitest';
import { Inbox } from './inbox.ts';
import { newClient } from './open-client.ts';
import type { Scene } from './open-client.ts';
import type { Peer } from './scripted-server.ts';

type Roster = NonNullable<ServerFrameOf<'sub'>[5]>;
type Event = readonly [event: 'joined' | 'left' | 'updated' | 'sync', id?: string];

const ANN: Member = { id: 'ann', info: { name: 'Ann' }, connectedAt: 1 };
const BOB: Member = { id: 'bob', info: {}, connectedAt: 2 };
const ANN_ROW = ['ann', { name: 'Ann' }, 1] as const;
const BOB_ROW = ['bob', {}, 2] as const;

interface Room extends Scene {
  readonly subscription: Subscription;
  readonly events: Inbox<Event>;
  peer: Peer;
}

const channel = 'presence-room';

/** A client that is subscribed to a presence channel, and what it was told of the members. */
async function inRoom(roster: Roster): Promise<Room> {
  const scene = await newClient();
  const subscription = scene.client.subscribe(channel);
  const { presence } = subscription;
  const events = new Inbox<Event>();
  presence.on('joined', ({ id }) => events.push(['joined', id]));
  presence.on('left', ({ id }) => events.push(['left', id]));
  presence.on('updated', ({ id }) => events.push(['updated', id]));
  presence.on('sync', () => events.push(['sync']));
  const peer = await confirm(scene, roster);
  expect(await events.next()).toEqual(['sync']);
  return { ...scene, subscription, events, peer };
}

/** The server's side of the next connection, which confirms the channel. */
async function confirm({ server }: Scene, roster: Roster): Promise<Peer> {
  const peer = await server.peers.next();
  await peer.greet();
  peer.send(['sub', 0, channel, null, false, roster]);
  return peer;
}

async function take(events: Inbox<Event>, count: number): Promise<Event[]> {
  const taken: Event[] = [];
  while (taken.length < count) taken.push(await events.next());
  return taken;
}

const ONLY_ANN: Roster = { version: 3, count: 1, members: [ANN_ROW] };

describe('the members', () => {
  it('are nobody before the server told, and in a channel of another kind', async () => {
    const { client } = await newClient();
    const { presence } = client.subscribe('news');
    expect([presence.members, presence.count]).toEqual([[], 0]);
  });

  it('are there when the subscription is confirmed', async () => {
    const { subscription } = await inRoom({ version: 1, count: 2, members: [ANN_ROW, BOB_ROW] });
    await subscription.subscribed;
    expect(subscription.presence.members).toEqual([ANN, BOB]);
    expect(subscription.presence.count).toBe(2);
  });

  it('join, leave and change', async () => {
    const { subscription, events, peer } = await inRoom(ONLY_ANN);
    peer.send(['pres', channel, 4, [BOB_ROW], [], [], 2]);
    expect(await events.next()).toEqual(['joined', 'bob']);
    expect(subscription.presence.members).toEqual([ANN, BOB]);
    peer.send(['pres', channel, 5, [], ['ann'], [['bob', { name: 'Bob' }]], 1]);
    expect(await take(events, 2)).toEqual([
      ['left', 'ann'],
      ['updated', 'bob'],
    ]);
    expect(subscription.presence.members).toEqual([{ ...BOB, info: { name: 'Bob' } }]);
    expect(subscription.presence.count).toBe(1);
  });

  it('are listed as they are when a listener is told', async () => {
    const { subscription, events, peer } = await inRoom(ONLY_ANN);
    const seen: number[] = [];
    subscription.presence.on('joined', () => seen.push(subscription.presence.members.length));
    peer.send(['pres', channel, 4, [BOB_ROW], [], [], 2]);
    await events.next();
    await expect.poll(() => seen).toEqual([2]);
  });

  it('are told once, also where the server repeats what the client knows', async () => {
    const { events, peer } = await inRoom(ONLY_ANN);
    peer.send(
      ['pres', channel, 3, [BOB_ROW], [], [], 2],
      ['pres', channel, 4, [ANN_ROW], [], [], 1],
      ['pres', channel, 5, [BOB_ROW], [], [], 2],
    );
    expect(await events.next()).toEqual(['joined', 'bob']);
  });

  it('have a new time where one left and came back in between', async () => {
    const { subscription, events, peer } = await inRoom(ONLY_ANN);
    peer.send(['pres', channel, 4, [['ann', ANN.info, 9], BOB_ROW], [], [], 2]);
    await events.next();
    expect(subscription.presence.members[0]).toEqual({ ...ANN, connectedAt: 9 });
  });

  it('do not reach a listener that was taken off', async () => {
    const { subscription, events, peer } = await inRoom(ONLY_ANN);
    let heard = 0;
    const off = subscription.presence.on('joined', () => heard++);
    off();
    peer.send(['pres', channel, 4, [BOB_ROW], [], [], 2]);
    await events.next();
    expect(heard).toBe(0);
  });
});

describe('a version that is missing', () => {
  it('asks for the members, once, and tells the differences and sync', async () => {
    const { subscription, events, peer } = await inRoom(ONLY_ANN);
    peer.send(['pres', channel, 5, [], [], [['ann', {}]], 1], ['pres', channel, 6, [], [], [['ann', { n: 1 }]], 1]);
    const [, n] = await peer.frame('members');
    peer.send(['ok', n, { version: 6, count: 1, members: [['bob', {}, 2]] }]);
    expect(await take(events, 3)).toEqual([['left', 'ann'], ['joined', 'bob'], ['sync']]);
    peer.send(['pres', channel, 7, [ANN_ROW], [], [], 2]);
    expect(await events.next()).toEqual(['joined', 'ann']);
    expect(subscription.presence.count).toBe(2);
    expect(peer.frames.size).toBe(0);
  });

  it('is asked about again with the next frame where the server refused', async () => {
    const { events, peer } = await inRoom(ONLY_ANN);
    peer.send(['pres', channel, 5, [BOB_ROW], [], [], 2]);
    peer.send(['err', (await peer.frame('members'))[1], 'RATE_LIMITED', 'later', { retryAfterMs: 1 }], ['ping']);
    await peer.frame('pong');
    peer.send(['pres', channel, 6, [], [], [['bob', { n: 1 }]], 2]);
    const [, n] = await peer.frame('members');
    peer.send(['ok', n, { version: 6, count: 2, members: [ANN_ROW, BOB_ROW] }]);
    expect(await take(events, 2)).toEqual([['joined', 'bob'], ['sync']]);
  });
});

describe('after a reconnect', () => {
  it('joined, left and updated tell the differences, then sync', async () => {
    const room = await inRoom({ version: 3, count: 2, members: [ANN_ROW, BOB_ROW] });
    room.peer.close();
    await confirm(room, {
      version: 1,
      count: 2,
      members: [
        ['bob', { name: 'Bob' }, 2],
        ['cid', {}, 3],
      ],
    });
    expect(await take(room.events, 4)).toEqual([['left', 'ann'], ['updated', 'bob'], ['joined', 'cid'], ['sync']]);
  });

  it('the client asks again for the info it had', async () => {
    const room = await inRoom(ONLY_ANN);
    const updated = room.subscription.presence.update({ status: 'away' });
    room.peer.send(['ok', (await room.peer.frame('pres'))[1]]);
    await updated;
    room.peer.close();
    const peer = await confirm(room, ONLY_ANN);
    expect((await peer.frame('pres')).slice(2)).toEqual([channel, { status: 'away' }]);
  });

  it('what the server no longer allows is reported', async () => {
    const room = await inRoom(ONLY_ANN);
    const updated = room.subscription.presence.update({ status: 'away' });
    room.peer.send(['ok', (await room.peer.frame('pres'))[1]]);
    await updated;
    room.peer.close();
    const peer = await confirm(room, ONLY_ANN);
    peer.send(['err', (await peer.frame('pres'))[1], 'FORBIDDEN', 'no']);
    expect(await room.errors.next()).toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('a large channel', () => {
  it('has a count and no members, and sync tells when it changes', async () => {
    const { subscription, events, peer } = await inRoom({ version: 1, count: 5_000, members: null });
    expect([subscription.presence.members, subscription.presence.count]).toEqual([[], 5_000]);
    peer.send(['pres', channel, 2, [], [], [], 5_001]);
    expect(await events.next()).toEqual(['sync']);
    expect(subscription.presence.count).toBe(5_001);
  });

  it('is one from when the server lists nobody, and nobody left by that', async () => {
    const { subscription, events, peer } = await inRoom(ONLY_ANN);
    peer.send(['pres', channel, 4, [], [], [], 1_001]);
    expect(await events.next()).toEqual(['sync']);
    expect([subscription.presence.members, subscription.presence.count]).toEqual([[], 1_001]);
  });

  it('is none any more from when the server lists everybody again', async () => {
    const { subscription, events, peer } = await inRoom({ version: 1, count: 5_000, members: null });
    peer.send(['pres', channel, 2, [ANN_ROW, BOB_ROW], [], [], 2]);
    expect(await events.next()).toEqual(['sync']);
    expect(subscription.presence.members).toEqual([ANN, BOB]);
  });
});

describe('update', () => {
  it('waits for the confirmation and resolves when the server took it', async () => {
    const scene = await newClient();
    const updated = scene.client.subscribe(channel).presence.update({ status: 'away' });
    const peer = await confirm(scene, ONLY_ANN);
    const frame = await peer.frame('pres');
    expect(frame).toEqual(['pres', frame[1], channel, { status: 'away' }]);
    peer.send(['ok', frame[1]]);
    expect(await updated).toBeUndefined();
  });

  it('made while away comes after what is asked for again, so that the newest stays', async () => {
    const room = await inRoom(ONLY_ANN);
    const { presence } = room.subscription;
    const first = presence.update({ status: 'away' });
    room.peer.send(['ok', (await room.peer.frame('pres'))[1]]);
    await first;
    room.peer.close();
    await room.states.find(({ state }) => state === 'waiting');
    const second = presence.update({ status: 'busy' });
    const peer = await confirm(room, ONLY_ANN);
    const asked = [await peer.frame('pres'), await peer.frame('pres')];
    expect(asked.map((frame) => frame[3])).toEqual([{ status: 'away' }, { status: 'busy' }]);
    for (const frame of asked) peer.send(['ok', frame[1]]);
    await second;
    peer.close();
    const next = await confirm(room, ONLY_ANN);
    expect((await next.frame('pres'))[3]).toEqual({ status: 'busy' });
  });

  it('rejects with what the server answered, and is then not asked for again', async () => {
    const room = await inRoom(ONLY_ANN);
    const updated = room.subscription.presence.update({ status: 'away' });
    room.peer.send(['err', (await room.peer.frame('pres'))[1], 'FORBIDDEN', 'no']);
    await expect(updated).rejects.toMatchObject({ code: 'FORBIDDEN' });
    room.peer.close();
    const peer = await confirm(room, ONLY_ANN);
    await room.events.next();
    expect(peer.frames.size).toBe(0);
  });

  it('rejects with OUTCOME_UNKNOWN when the connection goes before the answer', async () => {
    const room = await inRoom(ONLY_ANN);
    const updated = room.subscription.presence.update({ status: 'away' });
    await room.peer.frame('pres');
    room.peer.close();
    await expect(updated).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  });
});
