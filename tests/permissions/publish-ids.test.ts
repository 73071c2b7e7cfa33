import type { Realtime } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../packages/core/test/manual-clock.ts';
import { newInstance, RawClient, randomName } from '../hardening/raw-client.ts';
import { startServer } from '../hardening/server.ts';

const ID = 'one-publish-id';

async function kept(realtime: Realtime, channel: string): Promise<unknown[]> {
  return (await realtime.channel(channel).history()).messages.map(({ data }) => data);
}

describe('a resent message', () => {
  it('is kept and delivered once, and both get the same cursor, on the same connection and on the next', async () => {
    const { realtime, port } = await startServer();
    const channel = randomName();
    const instance = newInstance();
    const reader = await RawClient.open(port);
    await reader.subscribe(channel);
    const first = await RawClient.open(port, { instance });
    const [, , cursor] = await first.request('send', channel, 'event', 'data', ID);
    expect(cursor).toEqual(expect.any(String));
    expect((await first.request('send', channel, 'event', 'data', ID, true))[2]).toBe(cursor);
    // Also where the client does not know that it is a second time.
    expect((await first.request('send', channel, 'event', 'data', ID))[2]).toBe(cursor);
    first.raw.socket.destroy();
    const second = await RawClient.open(port, { instance });
    expect((await second.request('send', channel, 'event', 'data', ID, true))[2]).toBe(cursor);
    expect(await kept(realtime, channel)).toEqual(['data']);
    expect(await reader.dataOf(channel)).toEqual(['data']);
  });

  it('of two copies in one write only one counts', async () => {
    const { realtime, port } = await startServer();
    const channel = randomName();
    const client = await RawClient.open(port);
    const frames = [1, 2].map((n) => JSON.stringify(['send', n, channel, 'event', n, ID]));
    client.sendText(frames.join('\n'));
    const [first, second] = [await client.next('ok'), await client.next('ok')];
    expect(second[2]).toBe(first[2]);
    expect(await kept(realtime, channel)).toEqual([1]);
  });

  it('is another message in another channel, from another instance, and without an id', async () => {
    const { realtime, port } = await startServer();
    const [channel, other] = [randomName(), randomName()];
    const [client, stranger] = [await RawClient.open(port), await RawClient.open(port)];
    await client.request('send', channel, 'event', 1, ID);
    await client.request('send', other, 'event', 2, ID);
    await stranger.request('send', channel, 'event', 3, ID);
    await client.request('send', channel, 'event', 4);
    await client.request('send', channel, 'event', 5, null);
    expect(await kept(realtime, channel)).toEqual([1, 3, 4, 5]);
    expect(await kept(realtime, other)).toEqual([2]);
  });

  it('counts as the same for two minutes, and as a new one after that', async () => {
    const clock = new ManualClock();
    const { MemoryBus, memoryBroker } = await import('@rt/core');
    const broker = memoryBroker({ bus: new MemoryBus({ clock }) });
    const { realtime, port } = await startServer({ broker, limits: { beatMs: 10_000_000 } });
    const channel = randomName();
    const client = await RawClient.open(port);
    const [, , cursor] = await client.request('send', channel, 'event', 'first', ID);
    clock.advance(119_999);
    expect((await client.request('send', channel, 'event', 'resent', ID, true))[2]).toBe(cursor);
    clock.advance(1);
    expect((await client.request('send', channel, 'event', 'later', ID, true))[2]).not.toBe(cursor);
    expect(await kept(realtime, channel)).toEqual(['later']);
  });

  it('is still known when the message itself is no longer kept', async () => {
    const { realtime, port } = await startServer({
      channels: { '*': { send: true, history: { size: 1, ttlMs: 120_000 } } },
    });
    const channel = randomName();
    const client = await RawClient.open(port);
    const [, , cursor] = await client.request('send', channel, 'event', 'first', ID);
    for (const n of [1, 2, 3]) await client.request('send', channel, 'event', n);
    expect((await client.request('send', channel, 'event', 'first', ID, true))[2]).toBe(cursor);
    expect(await kept(realtime, channel)).toEqual([3]);
  });

  it('to a channel without history is answered OUTCOME_UNKNOWN and not passed on', async () => {
    const { port } = await startServer({ channels: { '*': { send: true, history: false } } });
    const channel = randomName();
    const [client, reader] = [await RawClient.open(port), await RawClient.open(port)];
    await reader.subscribe(channel);
    expect(await client.request('send', channel, 'event', 1, ID)).toEqual(['ok', expect.any(Number)]);
    expect((await client.request('send', channel, 'event', 1, ID, true))[2]).toBe('OUTCOME_UNKNOWN');
    expect((await client.request('send', channel, 'event', 2, ID, false))[0]).toBe('ok');
    expect(await reader.dataOf(channel)).toEqual([1, 2]);
  });

  it('is not looked up for somebody who may not send', async () => {
    const { realtime, port } = await startServer({
      authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
    });
    let isOpen = true;
    realtime.authorize('private-*', () => isOpen);
    const channel = randomName('private-');
    const client = await RawClient.open(port, { token: 'ann' });
    await client.request('send', channel, 'event', 1, ID);
    isOpen = false;
    expect((await client.request('send', channel, 'event', 1, ID, true))[2]).toBe('FORBIDDEN');
  });
});

describe('a handler that relays', () => {
  it('twice makes two messages, and the resend of its message none more', async () => {
    const { realtime, port } = await startServer();
    let runs = 0;
    realtime.handle('room.*', 'twice', async (message) => {
      runs++;
      await message.relay('one');
      await message.relay('two');
    });
    const channel = randomName();
    const instance = newInstance();
    const client = await RawClient.open(port, { instance });
    const [, , cursor] = await client.request('send', channel, 'twice', 0, ID);
    expect(await kept(realtime, channel)).toEqual(['one', 'two']);
    client.raw.socket.destroy();
    const back = await RawClient.open(port, { instance });
    expect((await back.request('send', channel, 'twice', 0, ID, true))[2]).toBe(cursor);
    expect(await kept(realtime, channel)).toEqual(['one', 'two']);
    expect(runs).toBe(2);
  });

  it('halfway before it failed is finished by the resend, with nothing twice', async () => {
    const { realtime, port } = await startServer();
    let isBroken = true;
    realtime.handle('room.*', 'twice', async (message) => {
      await message.relay('one');
      if (isBroken) throw new Error('broken');
      await message.relay('two');
    });
    const channel = randomName();
    const client = await RawClient.open(port);
    expect((await client.request('send', channel, 'twice', 0, ID))[2]).toBe('HANDLER_FAILED');
    isBroken = false;
    expect((await client.request('send', channel, 'twice', 0, ID, true))[0]).toBe('ok');
    expect(await kept(realtime, channel)).toEqual(['one', 'two']);
  });
});
