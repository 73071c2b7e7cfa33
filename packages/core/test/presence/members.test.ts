import { describe, expect, it } from 'vitest';
import { Room, settle, START } from './room.ts';

describe('a member of a presence channel', () => {
  it('is the user of a connection whose subscription was confirmed', async () => {
    const room = await Room.open({ authorizer: ({ user }) => ({ name: user?.id.toUpperCase() }) });
    await room.enter('ann');
    expect(await room.realtime.channel(room.channel).members()).toEqual([
      { id: 'ann', info: { name: 'ANN' }, connectedAt: START },
    ]);
  });

  it('has empty info where the authorizer answers true', async () => {
    const room = await Room.open({ authorizer: () => true });
    await room.enter('ann');
    expect(await room.infoOf('ann')).toEqual({});
  });

  it('is never anonymous', async () => {
    const room = await Room.open({ authorizer: () => true });
    const guest = await room.enter(null);
    expect(await guest.take()).toEqual([['err', 1, 'FORBIDDEN', expect.any(String)]]);
    expect(await room.ids()).toEqual([]);
  });

  it('needs an authorizer that says yes', async () => {
    const room = await Room.open({ authorizer: ({ user }) => user?.id === 'ann' });
    const bob = await room.enter('bob');
    bob.send(['sub', 2, 'presence-elsewhere']);
    expect(await bob.take()).toEqual([
      ['err', 1, 'FORBIDDEN', expect.any(String)],
      ['err', 2, 'FORBIDDEN', expect.any(String)],
    ]);
  });

  it.each<[string, object]>([
    ['a list', []],
    ['what JSON can not say', { big: 1n }],
    ['what becomes no object', new Date(0)],
  ])('is refused where the authorizer answers %s', async (_, answer) => {
    const room = await Room.open({ authorizer: () => answer });
    const ann = await room.enter('ann');
    expect(await ann.take()).toEqual([['err', 1, 'HANDLER_FAILED', expect.any(String)]]);
    expect(await room.ids()).toEqual([]);
  });

  it('keeps its info where the application changes its object later', async () => {
    const info = { name: 'Ann' };
    const room = await Room.open({ authorizer: () => info });
    await room.enter('ann');
    info.name = 'Eve';
    expect(await room.infoOf('ann')).toEqual({ name: 'Ann' });
  });

  it('is one, however many connections the user has', async () => {
    const room = await Room.open();
    const watcher = await room.seat('bob');
    await room.enter('ann');
    await room.enter('ann');
    await room.wait(200);
    expect(await room.ids()).toEqual(['ann', 'bob']);
    expect(await watcher.take()).toEqual([['pres', room.channel, 2, [['ann', {}, START + 200]], [], [], 2]]);
  });

  it('has the info of its earliest connection', async () => {
    let count = 0;
    const room = await Room.open({ authorizer: () => ({ tab: ++count }) });
    await room.enter('ann');
    await room.enter('ann');
    expect(await room.infoOf('ann')).toEqual({ tab: 1 });
  });

  it('has the info of the next earliest connection when the earliest ends, and stays since when it was', async () => {
    let count = 0;
    const room = await Room.open({ authorizer: () => ({ tab: ++count }) });
    const first = await room.enter('ann');
    const second = await room.enter('ann');
    await room.wait(200);
    await second.take();
    first.client.leave();
    expect(await second.take()).toEqual([['pres', room.channel, 2, [], [], [['ann', { tab: 2 }]], 1]]);
    expect(await room.realtime.channel(room.channel).members()).toEqual([
      { id: 'ann', info: { tab: 2 }, connectedAt: START },
    ]);
  });

  it('is told to nobody anew where the next connection has equal info', async () => {
    const room = await Room.open();
    const first = await room.enter('ann');
    const second = await room.seat('ann');
    first.client.leave();
    await room.wait(1_000);
    expect(await second.take()).toEqual([]);
  });

  it('is also who the server subscribed, where it has a user', async () => {
    const room = await Room.open();
    const ann = await room.guest('ann');
    const anonymous = await room.guest(null);
    const [connection] = await room.realtime.user('ann').connections();
    await connection?.subscribe(room.channel);
    await ann.take();
    expect(await room.ids()).toEqual(['ann']);
    const ids: string[] = [];
    room.realtime.on('connected', ({ connection: other }) => {
      ids.push(other.id);
      other.subscribe(room.channel).catch((error: unknown) => ids.push(String(error)));
    });
    await room.guest(null);
    expect(ids[1]).toContain('a presence channel needs a user');
    expect(await anonymous.take()).toEqual([]);
  });

  it('is not who has gone, also where the server subscribes the connection later', async () => {
    const room = await Room.open();
    const ann = await room.guest('ann');
    const [connection] = await room.realtime.user('ann').connections();
    ann.client.abort();
    await expect(connection?.subscribe(room.channel)).rejects.toMatchObject({ code: 'UNKNOWN_CONNECTION' });
    expect(await room.ids()).toEqual([]);
  });

  it('is nobody in a channel of another kind', async () => {
    const room = await Room.open();
    await expect(room.realtime.channel('news').members()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

describe('the server', () => {
  it('hears of members who join, change and leave', async () => {
    const room = await Room.open();
    const ann = await room.enter('ann');
    ann.send(['pres', 2, room.channel, { status: 'away' }]);
    await settle();
    ann.send(['unsub', 3, room.channel]);
    expect(room.events).toEqual([
      ['joined', 'ann', {}],
      ['updated', 'ann', { status: 'away' }],
      ['left', 'ann', { status: 'away' }],
    ]);
  });

  it('hears of a member after its client got the reply, and may end the subscription then', async () => {
    const room = await Room.open();
    room.realtime.on('joined', ({ channel }) => {
      void room.realtime
        .user('ann')
        .connections()
        .then(([connection]) => connection?.unsubscribe(channel, 'not now'));
    });
    const ann = await room.enter('ann');
    expect((await ann.take()).map(([type]) => type)).toEqual(['sub', 'unsub']);
    expect(await room.ids()).toEqual([]);
  });

  it('fires nothing after its end', async () => {
    const room = await Room.open();
    const ann = await room.enter('ann');
    const bob = await room.enter('bob');
    ann.client.abort();
    bob.client.leave();
    await room.realtime.close({ drainMs: 0 });
    expect(room.clock.pending).toBe(0);
  });
});
