import type { AuthorizationRequest } from '@rt/core';
import type { JsonValue } from '@rt/protocol';
import { describe, expect, it } from 'vitest';
import { Room, settle } from './room.ts';

describe('a member that asks for other info', () => {
  it('gets it where the authorizer says yes, and everybody hears of it', async () => {
    const room = await Room.open();
    const bob = await room.seat('bob');
    const ann = await room.seat('ann');
    await bob.take();
    ann.send(['pres', 2, room.channel, { status: 'away' }]);
    expect(await ann.take()).toEqual([
      ['ok', 2],
      ['pres', room.channel, 3, [], [], [['ann', { status: 'away' }]], 2],
    ]);
    expect(await bob.take()).toEqual([['pres', room.channel, 3, [], [], [['ann', { status: 'away' }]], 2]]);
    expect(await room.infoOf('ann')).toEqual({ status: 'away' });
  });

  it('has the info asked for seen by the authorizer, with the action', async () => {
    const asked: [AuthorizationRequest['action'], AuthorizationRequest['info']][] = [];
    const room = await Room.open({ authorizer: ({ action, info }) => (asked.push([action, info]), true) });
    const ann = await room.seat('ann');
    ann.send(['pres', 2, room.channel, { status: 'away' }]);
    await settle();
    expect(asked).toEqual([
      ['subscribe', undefined],
      ['update', { status: 'away' }],
    ]);
  });

  it('W9: can not claim to be somebody else: the server’s id and info win', async () => {
    const room = await Room.open({ authorizer: ({ user }) => ({ name: user?.id }) });
    const bob = await room.seat('bob');
    const eve = await room.seat('eve');
    await bob.take();
    eve.send(['pres', 2, room.channel, { id: 'ann', name: 'ann', connectedAt: 0 }]);
    expect(await eve.take()).toEqual([['ok', 2]]);
    await room.wait(1_000);
    expect(await bob.take()).toEqual([]);
    expect(await room.ids()).toEqual(['bob', 'eve']);
    expect(await room.infoOf('eve')).toEqual({ name: 'eve' });
  });

  it('W9: is known by its own id also where the authorizer takes whatever it says', async () => {
    const room = await Room.open();
    const eve = await room.seat('eve');
    eve.send(['pres', 2, room.channel, { id: 'ann' }]);
    await settle();
    expect(await room.ids()).toEqual(['eve']);
  });

  it('gets what the authorizer answers instead', async () => {
    const room = await Room.open({ authorizer: ({ info }) => ({ name: 'Ann', asked: info ?? null }) });
    const ann = await room.seat('ann');
    ann.send(['pres', 2, room.channel, { name: 'Bob' }]);
    await settle();
    expect(await room.infoOf('ann')).toEqual({ name: 'Ann', asked: { name: 'Bob' } });
  });

  it('is refused where the authorizer says no', async () => {
    const room = await Room.open({ authorizer: ({ action }) => action !== 'update' });
    const ann = await room.seat('ann');
    ann.send(['pres', 2, room.channel, { status: 'away' }]);
    expect(await ann.take()).toEqual([['err', 2, 'FORBIDDEN', expect.any(String)]]);
    expect(await room.infoOf('ann')).toEqual({});
  });

  it.each<[string, JsonValue]>([
    ['a list', []],
    ['null', null],
    ['text', 'away'],
    ['more than 4 KiB', { text: 'ä'.repeat(2_048) }],
  ])('is refused where it gives %s, and nobody is asked', async (_, info) => {
    const room = await Room.open();
    const ann = await room.seat('ann');
    ann.send(['pres', 2, room.channel, info]);
    expect(await ann.take()).toEqual([['err', 2, 'INVALID_DATA', expect.any(String)]]);
    expect(await room.infoOf('ann')).toEqual({});
  });

  it('may give 4 KiB', async () => {
    const room = await Room.open();
    const ann = await room.seat('ann');
    const text = 'a'.repeat(4_096 - JSON.stringify({ text: '' }).length);
    ann.send(['pres', 2, room.channel, { text }]);
    expect((await ann.take())[0]).toEqual(['ok', 2]);
  });

  it('is refused where it is not subscribed', async () => {
    const room = await Room.open();
    const ann = await room.guest('ann');
    ann.send(['pres', 2, room.channel, {}], ['sub', 3, 'news']);
    await settle();
    ann.send(['pres', 4, 'news', {}]);
    const errors = await ann.takeOnly('err');
    expect(errors).toEqual([
      ['err', 2, 'FORBIDDEN', expect.any(String)],
      ['err', 4, 'FORBIDDEN', expect.any(String)],
    ]);
  });

  it('changes its own connection, so the earliest one’s info still counts', async () => {
    const room = await Room.open();
    const first = await room.seat('ann');
    const second = await room.seat('ann');
    second.send(['pres', 2, room.channel, { from: 'second' }]);
    await settle();
    expect(await room.infoOf('ann')).toEqual({});
    first.client.leave();
    expect(await room.infoOf('ann')).toEqual({ from: 'second' });
  });

  it('counts at once where the earlier connection is only waited for', async () => {
    const room = await Room.open();
    const first = await room.seat('ann');
    const second = await room.seat('ann');
    first.client.abort();
    second.send(['pres', 2, room.channel, { from: 'second' }]);
    await settle();
    expect(await room.infoOf('ann')).toEqual({ from: 'second' });
  });

  it('has its last word, also where the answer to an earlier one comes later', async () => {
    const slow = Promise.withResolvers<boolean>();
    const room = await Room.open({
      authorizer: ({ info }) => (JSON.stringify(info) === '{"n":1}' ? slow.promise : true),
    });
    const ann = await room.seat('ann');
    ann.send(['pres', 2, room.channel, { n: 1 }], ['pres', 3, room.channel, { n: 2 }]);
    await settle();
    slow.resolve(true);
    expect(await ann.takeOnly('ok')).toEqual([
      ['ok', 3],
      ['ok', 2],
    ]);
    expect(await room.infoOf('ann')).toEqual({ n: 2 });
  });

  it('is told where the subscription ends meanwhile', async () => {
    const slow = Promise.withResolvers<boolean>();
    const room = await Room.open({ authorizer: ({ action }) => (action === 'update' ? slow.promise : true) });
    const ann = await room.seat('ann');
    ann.send(['pres', 2, room.channel, {}], ['unsub', 3, room.channel]);
    slow.resolve(true);
    expect(await ann.take()).toEqual([
      ['ok', 3],
      ['err', 2, 'CANCELLED', expect.any(String)],
    ]);
  });
});
