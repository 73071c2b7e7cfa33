import type { Authenticate } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { Room, settle, START } from './room.ts';
import type { Guest } from './room.ts';

const GRACE_MS = 10_000;

/** Tokens are ids; those without `forever` behind them end `ms` after the clock's beginning. */
function expiringIn(ms: number): Authenticate {
  return ({ token = '' }) => {
    const [id = '', forever] = token.split(' ');
    return forever === undefined ? { id, expiresAt: new Date(START + ms) } : { id };
  };
}

describe('a member whose connection ends on purpose', () => {
  it.each<[string, (room: Room, ann: Guest) => unknown]>([
    ['the client unsubscribes', (room, ann) => ann.send(['unsub', 2, room.channel])],
    ['the client closes with 1000', (_, ann) => ann.client.leave(1000)],
    ['the application disconnects the user', (room) => room.realtime.disconnect({ user: 'ann' })],
    [
      'the application disconnects the user with a code of its own',
      (room) => room.realtime.disconnect({ user: 'ann' }, { code: 4100 }),
    ],
    [
      'the server ends the subscription',
      async (room) => {
        const [connection] = await room.realtime.user('ann').connections();
        await connection?.unsubscribe(room.channel);
      },
    ],
  ])('leaves at once where %s', async (_, end) => {
    const room = await Room.open();
    const bob = await room.seat('bob');
    const ann = await room.seat('ann');
    await bob.take();
    await end(room, ann);
    expect(await bob.take()).toEqual([['pres', room.channel, 3, [], ['ann'], [], 1]]);
    expect(await room.ids()).toEqual(['bob']);
  });

  it('leaves at once where a new token is not accepted', async () => {
    const room = await Room.open({ authenticate: ({ token }) => (token === 'ann' ? { id: 'ann' } : undefined) });
    const ann = await room.seat('ann');
    ann.send(['auth', 'nobody']);
    expect((await ann.client.closed()).reason).toBe('UNAUTHENTICATED');
    expect(await room.ids()).toEqual([]);
  });

  it('leaves at once where the authorizer now says no', async () => {
    const banned = new Set<string>();
    const room = await Room.open({ authorizer: ({ user }) => !banned.has(user?.id ?? '') });
    await room.seat('ann');
    banned.add('ann');
    await room.realtime.user('ann').reauthorize();
    expect(await room.ids()).toEqual([]);
  });

  it('stays while another connection is there', async () => {
    const room = await Room.open();
    const first = await room.seat('ann');
    await room.seat('ann');
    first.client.leave();
    await room.wait(2 * GRACE_MS);
    expect(await room.ids()).toEqual(['ann']);
  });
});

describe('a member whose connection drops', () => {
  it.each<[string, (ann: Guest) => void]>([
    ['without a close frame', (ann) => ann.client.abort()],
    ['with 1001, as a page that is left', (ann) => ann.client.leave(1001)],
  ])('%s stays for the grace time, then leaves', async (_, drop) => {
    const room = await Room.open();
    const bob = await room.seat('bob');
    const ann = await room.seat('ann');
    await bob.take();
    drop(ann);
    await room.wait(GRACE_MS - 1);
    expect(await bob.take()).toEqual([]);
    expect(await room.ids()).toEqual(['ann', 'bob']);
    await room.wait(1);
    expect(await bob.take()).toEqual([['pres', room.channel, 3, [], ['ann'], [], 1]]);
    expect(await room.ids()).toEqual(['bob']);
  });

  it('is waited for where the server found it silent', async () => {
    const room = await Room.open();
    const ann = await room.seat('ann');
    for (let seconds = 0; seconds < 29; seconds++) await room.wait(1_000);
    expect((await ann.client.closed()).reason).toBe('HEARTBEAT_MISSED');
    expect(await room.ids()).toEqual(['ann']);
    await room.wait(GRACE_MS);
    expect(await room.ids()).toEqual([]);
  });

  it('is waited for where its token expired: a client comes back with a new one', async () => {
    const room = await Room.open({ authenticate: expiringIn(5_000) });
    const bob = await room.seat('bob forever');
    const ann = await room.seat('ann');
    await bob.take();
    room.events.length = 0;
    await room.wait(5_000 - room.clock.now());
    expect((await ann.client.closed()).reason).toBe('TOKEN_EXPIRED');
    await room.wait(GRACE_MS - 1);
    await room.enter('ann forever', ann.instance);
    await room.wait(2 * GRACE_MS);
    expect(await bob.takeOnly('pres')).toEqual([]);
    expect(room.events).toEqual([]);
  });

  it('leaves after the grace time where its token expired and no new one came, and is told nothing meanwhile', async () => {
    const room = await Room.open({ authenticate: expiringIn(5_000) });
    const ann = await room.seat('ann');
    await room.wait(5_000 - room.clock.now());
    await ann.client.closed();
    const { length } = ann.client.writes;
    await room.realtime.broadcast(room.channel, 'said', 'secret');
    await room.enter('bob forever');
    await room.wait(GRACE_MS - 1);
    expect(await room.ids()).toEqual(['ann', 'bob']);
    await room.wait(1);
    expect(await room.ids()).toEqual(['bob']);
    expect(ann.client.writes).toHaveLength(length);
  });

  it.each<[string, (room: Room) => Promise<number>]>([
    ['disconnect({ user })', (room) => room.realtime.disconnect({ user: 'ann' })],
    ['user().disconnect()', (room) => room.realtime.user('ann').disconnect()],
  ])('is not waited for any longer after %s, and comes back as somebody new', async (_, disconnect) => {
    const room = await Room.open();
    const bob = await room.seat('bob');
    const ann = await room.seat('ann');
    await bob.take();
    ann.client.abort();
    await room.wait(200);
    expect(await disconnect(room)).toBe(0);
    expect(await bob.take()).toEqual([['pres', room.channel, 3, [], ['ann'], [], 1]]);
    expect(await room.ids()).toEqual(['bob']);
    await room.enter('ann', ann.instance);
    await room.wait(2 * GRACE_MS);
    expect(await room.ids()).toEqual(['ann', 'bob']);
    expect(room.events.map(([event, id]) => [event, id]).slice(2)).toEqual([
      ['left', 'ann'],
      ['joined', 'ann'],
    ]);
  });

  it('is not waited for where one connection dropped and disconnect({ user }) ends the other', async () => {
    const room = await Room.open();
    const dropped = await room.seat('ann');
    await room.seat('ann');
    await room.seat('bob');
    dropped.client.abort();
    expect(await room.realtime.disconnect({ user: 'ann' })).toBe(1);
    expect(await room.ids()).toEqual(['bob']);
    expect(room.events.filter(([event]) => event === 'left')).toHaveLength(1);
  });

  it('is still waited for where somebody else, or another connection, is disconnected', async () => {
    const room = await Room.open();
    const dropped = await room.seat('ann');
    await room.seat('bob');
    await room.seat('ann');
    const [, other] = await room.realtime.user('ann').connections();
    dropped.client.abort();
    await room.realtime.disconnect({ user: 'bob' });
    await room.realtime.disconnect({ connection: other!.id });
    await room.wait(GRACE_MS - 1);
    expect(await room.ids()).toEqual(['ann']);
  });

  it('leaves at once where the grace time is 0', async () => {
    const room = await Room.open({ limits: { presenceGraceMs: 0 } });
    const ann = await room.seat('ann');
    ann.client.abort();
    expect(await room.ids()).toEqual([]);
  });

  it('neither leaves nor joins where it comes back in time', async () => {
    const room = await Room.open();
    const bob = await room.seat('bob');
    const ann = await room.seat('ann');
    await bob.take();
    room.events.length = 0;
    ann.client.abort();
    await room.wait(GRACE_MS - 1);
    await room.enter('ann', ann.instance);
    await room.wait(2 * GRACE_MS);
    expect(await bob.takeOnly('pres')).toEqual([]);
    expect(room.events).toEqual([]);
    expect(await room.ids()).toEqual(['ann', 'bob']);
  });

  it('also stays where another page of the user comes in time', async () => {
    const room = await Room.open();
    const ann = await room.seat('ann');
    ann.client.abort();
    await room.wait(GRACE_MS - 1);
    await room.enter('ann');
    await room.wait(2 * GRACE_MS);
    expect(room.events).toEqual([['joined', 'ann', {}]]);
  });

  it('has the info that it gave itself still when it is back', async () => {
    const room = await Room.open();
    const ann = await room.seat('ann');
    ann.send(['pres', 2, room.channel, { status: 'away' }]);
    await settle();
    ann.client.abort();
    await room.enter('ann', ann.instance);
    await room.wait(2 * GRACE_MS);
    expect(await room.infoOf('ann')).toEqual({ status: 'away' });
  });

  it('has what the server decides now where that is something else', async () => {
    let name = 'Ann';
    const room = await Room.open({ authorizer: ({ action }) => action === 'update' || { name } });
    const ann = await room.seat('ann');
    ann.send(['pres', 2, room.channel, { status: 'away' }]);
    await settle();
    ann.client.abort();
    name = 'Anna';
    await room.enter('ann', ann.instance);
    expect(await room.infoOf('ann')).toEqual({ name: 'Anna' });
  });

  it('has the info of another connection once the grace time is over', async () => {
    let count = 0;
    const room = await Room.open({ authorizer: () => ({ tab: ++count }) });
    const first = await room.seat('ann');
    await room.seat('ann');
    first.client.abort();
    await room.wait(GRACE_MS - 1);
    expect(await room.infoOf('ann')).toEqual({ tab: 1 });
    await room.wait(1);
    expect(await room.infoOf('ann')).toEqual({ tab: 2 });
  });

  it('is not waited for where the same client is connected anew already', async () => {
    const room = await Room.open();
    const old = await room.seat('ann');
    const renewed = await room.seat('ann', old.instance);
    old.client.abort();
    renewed.client.leave();
    expect(await room.ids()).toEqual([]);
  });
});
