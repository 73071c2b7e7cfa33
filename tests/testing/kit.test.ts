import { RealtimeClient } from '@rt/client';
import { defineContract, Realtime } from '@rt/core';
import { expectRealtime, fakeRealtime, ManualClock, realtimeMatchers, record } from '@rt/core/testing';
import type { FakeRealtime, RealtimeMatchers } from '@rt/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends RealtimeMatchers<R> {}
}

expect.extend(realtimeMatchers);

let realtime: FakeRealtime;

afterEach(() => realtime.close());

/** A fake with a room in which clients are present and may write; a bot answers them. */
function setRoom(): FakeRealtime {
  realtime = fakeRealtime({ channels: { 'presence-room.*': { send: ['message.sent'] } } });
  realtime.authorize('presence-room.{id}', ({ user }) => ({ name: user?.id.toUpperCase() }));
  realtime.handle('presence-room.{id}', 'message.sent', async (message) => {
    await message.relay();
    await realtime.sendToUser('admin', 'message.seen', { by: message.user?.id, data: message.data });
  });
  return realtime;
}

describe('fakeRealtime()', () => {
  it('records what the server publishes, when it is published', async () => {
    realtime = fakeRealtime();
    void realtime.broadcast('news', 'created', { id: 1, tags: ['a'] });
    expect(realtime.recorded.messages()).toEqual([
      { channel: 'news', event: 'created', data: { id: 1, tags: ['a'] }, isVolatile: false },
    ]);
    await realtime.channel('news').broadcast('updated', 2, { volatile: true });
    await realtime.user('7/8').send('hello');
    expect(realtime.recorded.messages('news').map(({ event }) => event)).toEqual(['created', 'updated']);
    expect(realtime.recorded.toUser('7/8')).toEqual([
      { channel: 'user.7=2F8', event: 'hello', data: null, isVolatile: false },
    ]);
    realtime.recorded.clear();
    expect(realtime.recorded.messages()).toEqual([]);
  });

  it('has clients within the process, and records what they and the handlers publish', async () => {
    setRoom();
    const [ann, ben] = [await realtime.connect(RealtimeClient, 'ann'), await realtime.connect(RealtimeClient, 'ben')];
    const heard = Promise.withResolvers<unknown>();
    const room = ben.subscribe('presence-room.1');
    room.on('message.sent', heard.resolve);
    await room.subscribed;
    await ann.send('presence-room.1', 'message.sent', { text: 'hi' });
    expect(await heard.promise).toEqual({ text: 'hi' });
    expect(realtime.recorded.messages('presence-room.1')).toMatchObject([{ data: { text: 'hi' }, user: 'ann' }]);
    expect(realtime).toHaveSentToUser('admin', 'message.seen', { by: 'ann' });
    expect(realtime).toHaveMember('presence-room.1', 'ben', { name: 'BEN' });
    expect(realtime).not.toHaveMember('presence-room.1', 'ann');
  });

  it('has anonymous clients too, and answers calls', async () => {
    realtime = fakeRealtime();
    realtime.method('whoami', ({ user }) => user?.id ?? 'nobody');
    const client = await realtime.connect(RealtimeClient);
    expect(await client.call('whoami')).toBe('nobody');
    await realtime.close();
    expect(client.state).toBe('closed');
  });

  it('is a Realtime of its contract, with clients of it', async () => {
    const contract = defineContract({
      channels: { 'chat.{id}': { events: { said: z.object({ text: z.string() }) } } },
      methods: { add: { input: z.array(z.number()), output: z.number() } },
    });
    const typed = fakeRealtime({ contract });
    realtime = typed as unknown as FakeRealtime;
    typed.method('add', ({ input }) => input.reduce((sum, each) => sum + each, 0));
    const client = await typed.connect(RealtimeClient<typeof contract>);
    const sum: number = await client.call('add', [1, 2]);
    expect(sum).toBe(3);
    await typed.broadcast('chat.1', 'said', { text: 'hi' });
    expectRealtime(typed).toHaveBroadcast('chat.1', 'said', { text: 'hi' });
  });

  it('takes a clock that moves when it is told to', async () => {
    const clock = new ManualClock();
    realtime = fakeRealtime({ clock, limits: { handlerTimeoutMs: 5_000 } });
    realtime.method('hang', () => new Promise(() => undefined));
    const client = await realtime.connect(RealtimeClient);
    const call = client.call('hang');
    await expect.poll(() => realtime.stats().invocations.handlers.running).toBe(1);
    clock.advance(5_000);
    await expect(call).rejects.toMatchObject({ code: 'DEADLINE' });
  });
});

describe('record()', () => {
  it('records a Realtime of the application’s own, from then on', async () => {
    realtime = fakeRealtime();
    const own = new Realtime({ logger: false });
    await own.broadcast('news', 'early');
    expect(() => realtimeMatchers.toHaveBroadcast(own, 'news')).toThrow('record(realtime)');
    const recording = record(own);
    expect(record(own)).toBe(recording);
    await own.broadcast('news', 'created');
    expect(recording.messages().map(({ event }) => event)).toEqual(['created']);
    expect(own).toHaveBroadcast('news', 'created');
    await own.close();
  });

  it.each([undefined, null, 7, {}, fakeRealtime])('the matchers take nothing else: %o', (value) => {
    expect(() => realtimeMatchers.toHaveBroadcast(value, 'news')).toThrow(TypeError);
  });
});

describe('the matchers', () => {
  it.each<[boolean, Parameters<RealtimeMatchers['toHaveBroadcast']>]>([
    [true, ['news']],
    [true, ['news', 'created']],
    [true, ['news', 'created', { id: 1 }]],
    [true, ['news', 'created', { id: 1, by: { name: 'ann' }, tags: ['a', 'b'] }]],
    [true, ['news', 'created', { id: expect.any(Number), by: { name: expect.stringMatching(/^a/) } }]],
    [true, ['news', 'created', { tags: (tags: string[]) => tags.includes('b') }]],
    [true, ['news', 'created', ({ id }: { id: number }) => id > 0]],
    [true, ['news', 'created', { gone: undefined }]],
    [true, ['news', 'ended', null]],
    [false, ['sports']],
    [false, ['news', 'deleted']],
    [false, ['news', 'created', { id: 2 }]],
    [false, ['news', 'created', { id: '1' }]],
    [false, ['news', 'created', { tags: ['a'] }]],
    [false, ['news', 'created', { tags: { 0: 'a', 1: 'b' } }]],
    [false, ['news', 'created', { by: null }]],
    [false, ['news', 'created', { id: undefined }]],
    [false, ['news', 'created', { toString: expect.anything() }]],
    [false, ['news', 'created', () => false]],
    [false, ['news', 'ended', {}]],
  ])('toHaveBroadcast says %s to %j', async (pass, expected) => {
    realtime = fakeRealtime();
    await realtime.broadcast('news', 'created', { id: 1, by: { name: 'ann', age: 7 }, tags: ['a', 'b'] });
    await realtime.broadcast('news', 'ended');
    expect(realtimeMatchers.toHaveBroadcast(realtime, ...expected).pass).toBe(pass);
  });

  it('say what there was instead', async () => {
    realtime = fakeRealtime();
    await realtime.broadcast('news', 'created', { id: 1 });
    expect(() => expect(realtime).toHaveBroadcast('news', 'created', { id: 2 })).toThrow(
      'expected created to news with { id: 2 }; there was:\n  created { id: 1 }',
    );
    expect(() => expect(realtime).not.toHaveBroadcast('news')).toThrow('expected no message to news; there was:');
    expect(() => expect(realtime).toHaveSentToUser('7', 'hello')).toThrow(
      'expected hello to user 7; there was nothing',
    );
    expect(() => expect(realtime).toHaveMember('presence-x', 'ann', {})).toThrow(
      'expected member ann of presence-x with info {}; there was nothing',
    );
  });

  it('are there without a runner too', async () => {
    realtime = fakeRealtime();
    await realtime.broadcast('news', 'created', { id: 1 });
    expectRealtime(realtime).toHaveBroadcast('news', 'created', { id: 1 });
    expectRealtime(realtime).not.toHaveBroadcast('news', 'created', { id: 2 });
    expectRealtime(realtime).not.toHaveSentToUser('7');
    expectRealtime(realtime).not.toHaveMember('presence-x', 'ann');
    const failing = [
      () => expectRealtime(realtime).toHaveBroadcast('sports'),
      () => expectRealtime(realtime).not.toHaveBroadcast('news'),
      () => expectRealtime(realtime).toHaveSentToUser('7'),
      () => expectRealtime(realtime).toHaveMember('presence-x', 'ann'),
    ];
    for (const each of failing) expect(each).toThrow(expect.objectContaining({ code: 'ERR_ASSERTION' }));
  });
});
