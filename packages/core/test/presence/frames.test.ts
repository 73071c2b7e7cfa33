import { describe, expect, it } from 'vitest';
import { Room, settle, START } from './room.ts';
import { RosterCopy } from './roster-copy.ts';

describe('the reply to a subscription', () => {
  it('has the members, the new one among them', async () => {
    const room = await Room.open();
    await room.seat('bob');
    const ann = await room.enter('ann');
    const members = [
      ['bob', {}, START],
      ['ann', {}, START + 200],
    ];
    expect((await ann.take())[0]).toEqual([
      'sub',
      1,
      room.channel,
      expect.any(String),
      false,
      { version: 1, count: 2, members },
    ]);
  });

  it('is followed by the frame in which everybody hears of the new one', async () => {
    const room = await Room.open();
    const bob = await room.seat('bob');
    const ann = await room.enter('ann');
    const frame = ['pres', room.channel, 2, [['ann', {}, START + 200]], [], [], 2];
    expect((await ann.take())[1]).toEqual(frame);
    expect(await bob.take()).toEqual([frame]);
  });

  it('has them again where the channel is asked for again', async () => {
    const room = await Room.open();
    const ann = await room.seat('ann');
    ann.send(['sub', 7, room.channel]);
    expect(await ann.take()).toEqual([
      ['sub', 7, room.channel, expect.any(String), false, { version: 1, count: 1, members: [['ann', {}, START]] }],
    ]);
  });

  it('has nothing of the kind in other channels', async () => {
    const room = await Room.open();
    const ann = await room.guest('ann');
    ann.send(['sub', 1, 'news']);
    expect((await ann.take())[0]).toHaveLength(5);
  });

  it('also comes where the channel keeps no history', async () => {
    const room = await Room.open({ channels: { 'presence-*': { history: false } } });
    const ann = await room.enter('ann');
    expect((await ann.take())[0]).toEqual([
      'sub',
      1,
      room.channel,
      null,
      false,
      { version: 0, count: 1, members: [['ann', {}, START]] },
    ]);
  });
});

describe('changes of members', () => {
  it('that come within 200 ms leave together', async () => {
    const room = await Room.open();
    const bob = await room.enter('bob');
    expect(await bob.takeOnly('pres')).toHaveLength(1);
    await room.enter('ann');
    await room.wait(50);
    await room.enter('cid');
    await room.wait(149);
    expect(await bob.take()).toEqual([]);
    await room.wait(1);
    const joined = [
      ['ann', {}, START],
      ['cid', {}, START + 50],
    ];
    expect(await bob.take()).toEqual([['pres', room.channel, 2, joined, [], [], 3]]);
  });

  it('that undo each other are not told', async () => {
    const room = await Room.open();
    const bob = await room.enter('bob');
    await bob.take();
    const ann = await room.enter('ann');
    ann.client.leave();
    await room.wait(200);
    expect(await bob.take()).toEqual([]);
  });

  it('are told where a member left and is back since a later time', async () => {
    const room = await Room.open();
    const bob = await room.seat('bob');
    const ann = await room.enter('ann');
    await bob.take();
    ann.send(['unsub', 2, room.channel]);
    await room.wait(50);
    ann.send(['sub', 3, room.channel]);
    await settle();
    await room.wait(150);
    expect(await bob.take()).toEqual([['pres', room.channel, 3, [['ann', {}, START + 250]], [], [], 2]]);
  });

  it('reach a client that came in between, which knows itself already, in a way that fits', async () => {
    const room = await Room.open();
    await room.enter('bob');
    await room.enter('ann');
    const ann = await room.enter('ann');
    const copy = new RosterCopy(room.channel);
    for (const frame of await ann.take()) copy.receive(frame);
    expect(copy.sorted?.map(({ id }) => id)).toEqual(['ann', 'bob']);
    await room.wait(200);
    for (const frame of await ann.take()) copy.receive(frame);
    expect(copy.version).toBe(2);
    expect(copy.sorted).toEqual(
      await room.realtime
        .channel(room.channel)
        .members()
        .then((all) => all.toReversed()),
    );
  });

  it('do not reach who left the channel', async () => {
    const room = await Room.open();
    const bob = await room.seat('bob');
    await room.seat('cid');
    bob.send(['unsub', 2, room.channel]);
    await bob.take();
    await room.seat('ann');
    expect(await bob.take()).toEqual([]);
  });

  it('are written once for everybody', async () => {
    const room = await Room.open();
    const bob = await room.seat('bob');
    const cid = await room.seat('cid');
    await room.enter('ann');
    const last = (writes: readonly string[]): string | undefined => writes.at(-1);
    expect(last(bob.client.writes)).toBe(last(cid.client.writes));
  });

  it('are not pushed to a client that does not read; when it does, it finds out', async () => {
    const room = await Room.open();
    const bob = await room.seat('bob');
    bob.client.bufferedBytes = 512 * 1024;
    // The first frame finds the socket full.
    await room.seat('ann');
    await bob.take();
    await room.seat('cid');
    await room.seat('dan');
    expect(await bob.take()).toEqual([]);
    bob.client.drain();
    expect(await bob.takeOnly('pres')).toEqual([['pres', room.channel, 4, [['dan', {}, START + 600]], [], [], 4]]);
  });
});

describe('members', () => {
  it('are told to who is subscribed', async () => {
    const room = await Room.open();
    const ann = await room.seat('ann');
    ann.send(['members', 2, room.channel]);
    const roster = { version: 1, count: 1, members: [['ann', {}, START]] };
    expect(await ann.take()).toEqual([['ok', 2, roster]]);
  });

  it('are told to who may subscribe, also where nobody is there', async () => {
    const room = await Room.open();
    const ann = await room.guest('ann');
    ann.send(['members', 2, room.channel]);
    expect(await ann.take()).toEqual([['ok', 2, { version: 0, count: 0, members: [] }]]);
  });

  it.each<[string, string | null, string, string]>([
    ['who may not subscribe', 'bob', 'presence-room.1', 'FORBIDDEN'],
    ['the anonymous', null, 'presence-room.1', 'FORBIDDEN'],
    ['anybody, of a channel of another kind', 'ann', 'news', 'UNSUPPORTED'],
  ])('are not told to %s', async (_, user, channel, code) => {
    const room = await Room.open({ authorizer: (request) => request.user?.id === 'ann' });
    const guest = await room.guest(user);
    guest.send(['members', 2, channel]);
    expect(await guest.take()).toEqual([['err', 2, code, expect.any(String)]]);
  });
});
