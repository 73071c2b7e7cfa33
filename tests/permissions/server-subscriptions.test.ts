import type { ConnectionHandle, Realtime } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { startRealtime } from '../../packages/core/test/start-realtime.ts';
import { RawClient, randomName } from '../hardening/raw-client.ts';
import { startServer } from '../hardening/server.ts';
import { authenticate, TOKENS } from './people.ts';

async function connectionOf(realtime: Realtime, user: string): Promise<ConnectionHandle> {
  const [connection] = await realtime.user(user).connections();
  if (connection === undefined) throw new Error(`${user} has no connection`);
  return connection;
}

describe('connection.subscribe', () => {
  it('puts the client into a channel that no authorizer gives it, tells it, and stays through reauthorize', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const channel = randomName('private-');
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    await client.next('sub');
    const connection = await connectionOf(realtime, 'ann');
    await connection.subscribe(channel);
    expect((await client.next('sub')).slice(0, 3)).toEqual(['sub', 0, channel]);
    expect(connection.channels).toContain(channel);
    await realtime.user('ann').reauthorize();
    await realtime.broadcast(channel, 'event', 'for you');
    expect(await client.dataOf(channel)).toEqual(['for you']);
  });

  it('gives no right to send or to read the history, and none to come back', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const channel = randomName('private-');
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    await client.next('sub');
    await (await connectionOf(realtime, 'ann')).subscribe(channel);
    const [, , , cursor] = await client.next('sub');
    expect((await client.request('send', channel, 'event', 0))[2]).toBe('FORBIDDEN');
    expect((await client.request('history', channel, { limit: 1 }))[2]).toBe('FORBIDDEN');
    client.raw.socket.destroy();
    const back = await RawClient.open(port, { token: TOKENS.ann!, resume: [[channel, String(cursor)]] });
    expect((await back.next('unsub')).slice(0, 3)).toEqual(['unsub', channel, 'FORBIDDEN']);
  });

  it('holds also where the client had subscribed by itself before', async () => {
    const { realtime, port } = await startServer({ authenticate });
    let isOpen = true;
    realtime.authorize('private-*', () => isOpen);
    const channel = randomName('private-');
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    await client.subscribe(channel);
    await (await connectionOf(realtime, 'ann')).subscribe(channel);
    isOpen = false;
    await realtime.user('ann').reauthorize();
    await realtime.broadcast(channel, 'event', 'for you');
    expect(await client.dataOf(channel)).toEqual(['for you']);
  });

  it('is not refused because the client asked for the same at the same time and may not', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const answers: ((decision: boolean) => void)[] = [];
    const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
    realtime.authorize('private-*', () => {
      isAsked();
      return new Promise<boolean>((resolve) => answers.push(resolve));
    });
    const channel = randomName('private-');
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    client.send(['sub', 1, channel]);
    await asked;
    const trusted = (await connectionOf(realtime, 'ann')).subscribe(channel);
    for (const answer of answers) answer(false);
    await expect(trusted).resolves.toBeUndefined();
    expect(await realtime.channel(channel).subscriberCount()).toBe(1);
  });

  it('rejects with BAD_NAME and TOO_MANY_CHANNELS', async () => {
    const { realtime, port } = await startServer({ authenticate, limits: { maxChannels: 2 } });
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    await client.next('sub');
    const connection = await connectionOf(realtime, 'ann');
    await expect(connection.subscribe('bad name')).rejects.toMatchObject({ code: 'BAD_NAME' });
    await connection.subscribe(randomName());
    await expect(connection.subscribe(randomName())).rejects.toMatchObject({ code: 'TOO_MANY_CHANNELS' });
  });

  it('C11: on a connection that has gone it leaves no subscriber behind', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    const connection = await connectionOf(realtime, 'ann');
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    realtime.on('disconnected', () => resolve());
    client.raw.socket.destroy();
    await gone;
    const channel = randomName();
    await connection.subscribe(channel).catch(() => undefined);
    expect(await realtime.channel(channel).subscriberCount()).toBe(0);
    expect(connection.channels).toEqual([]);
  });

  it('C11: a listener of connected that ends the connection leaves no subscriber behind', async () => {
    const { realtime, wire } = await startRealtime({ authenticate });
    realtime.on('connected', ({ connection }) => void realtime.disconnect({ connection: connection.id }));
    const channel = randomName();
    const client = wire.connect();
    client.send(['connect', 1, client.instance, TOKENS.ann, [[channel, null]]]);
    expect((await client.closed()).code).toBe(4502);
    expect(await realtime.channel(channel).subscriberCount()).toBe(0);
    expect(await realtime.channel('user.ann').subscriberCount()).toBe(0);
  });
});

describe('connection.unsubscribe', () => {
  it('ends a subscription, tells the client the reason, and nothing comes after', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const channel = randomName();
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    await client.subscribe(channel);
    const connection = await connectionOf(realtime, 'ann');
    await realtime.broadcast(channel, 'event', 'before');
    expect(await connection.unsubscribe(channel, 'the room was closed')).toBe(true);
    await realtime.broadcast(channel, 'event', 'after');
    const frames = await client.framesOf(channel);
    expect(frames.map((frame) => [frame[0], frame[0] === 'm' ? frame[4] : frame[3]])).toEqual([
      ['m', 'before'],
      ['unsub', 'the room was closed'],
    ]);
    expect(await connection.unsubscribe(channel)).toBe(false);
    expect(await realtime.channel(channel).subscriberCount()).toBe(0);
  });

  it('a reason with line breaks and control characters stays one frame', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const channel = randomName();
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    await client.subscribe(channel);
    const reason = 'gone\r\n["drain",0]\n\u001b[31m\u2028';
    await (await connectionOf(realtime, 'ann')).unsubscribe(channel, reason);
    expect(await client.next('unsub')).toEqual(['unsub', channel, 'FORBIDDEN', reason]);
    await client.roundTrip();
    expect(client.received.takeAll().map((frame) => frame[0])).not.toContain('drain');
  });

  it('lets the client subscribe again, where it may', async () => {
    const { realtime, port } = await startServer({ authenticate });
    const channel = randomName();
    const client = await RawClient.open(port, { token: TOKENS.ann! });
    await client.subscribe(channel);
    await (await connectionOf(realtime, 'ann')).unsubscribe(channel);
    await client.next('unsub');
    await client.subscribe(channel);
    await realtime.broadcast(channel, 'event', 'again');
    expect(await client.dataOf(channel)).toEqual(['again']);
  });
});
