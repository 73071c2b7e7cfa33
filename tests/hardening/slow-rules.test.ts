import type { Realtime, SlowReaderRule } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { Inbox } from './inbox.ts';
import { RawClient, randomName } from './raw-client.ts';
import { HonestClient, startServer } from './server.ts';

/** More than the kernel takes for a socket that nobody reads. */
const MESSAGES = 400;
const FILLING = 'x'.repeat(60_000);
const KEYS = 5;

interface Tick {
  readonly n: number;
  readonly key: number;
}

const rules = (slowReader: SlowReaderRule, history?: false) => ({
  channels: { '*': { slowReader, ...(history === false ? { history } : {}) } },
});

/** Publishes one after the other; the loop turns in between. */
async function flood(realtime: Realtime, channel: string): Promise<void> {
  for (let n = 0; n < MESSAGES; n++) {
    await realtime.broadcast(channel, 'tick', { n, key: n % KEYS, filling: FILLING });
    await new Promise(setImmediate);
  }
}

/** What a client gets of `channel` up to the message that ends it, which is published when it reads again. */
async function ticksOf(client: RawClient, realtime: Realtime, channel: string): Promise<Tick[]> {
  client.raw.socket.resume();
  await client.roundTrip();
  await realtime.broadcast(channel, 'end', null);
  await client.received.next('the end', (frame) => frame[0] === 'm' && frame[2] === 'end');
  const frames = client.received.takeAll().filter((frame) => frame[1] === channel);
  expect(frames.filter((frame) => frame[0] === 'gap')).toEqual([]);
  return frames.filter((frame) => frame[0] === 'm').map((frame) => frame[4] as Tick);
}

const numbers = (ticks: readonly Tick[]): number[] => ticks.map(({ n }) => n);

describe.each([
  ['with history', undefined],
  ['without history', false],
] as const)('C1: one that stops reading a channel %s and goes on', (_, history) => {
  it('C1: gets the newest of each key under latest, in order', async () => {
    const { realtime, port } = await startServer(rules({ latest: 'data.key' }, history));
    const channel = randomName();
    const client = await RawClient.open(port);
    await client.subscribe(channel);
    client.raw.socket.pause();
    await flood(realtime, channel);
    const got = numbers(await ticksOf(client, realtime, channel));
    expect(got.length).toBeLessThan(MESSAGES - KEYS);
    expect(got).toEqual(got.toSorted((one, other) => one - other));
    expect(got.slice(-KEYS)).toEqual(Array.from({ length: KEYS }, (_unused, key) => MESSAGES - KEYS + key));
  });

  it('C1: gets nothing of what came meanwhile under drop, and then goes on', async () => {
    const { realtime, port } = await startServer(rules('drop', history));
    const channel = randomName();
    const client = await RawClient.open(port);
    await client.subscribe(channel);
    client.raw.socket.pause();
    await flood(realtime, channel);
    const got = numbers(await ticksOf(client, realtime, channel));
    expect(got.length).toBeLessThan(MESSAGES);
    expect(got).toEqual(got.map((_unused, n) => n));
  });
});

it('C1: under cut one that stops reading ends long before the 5 s, and others do not notice', async () => {
  const { realtime, port } = await startServer({ ...rules('cut') });
  const honest = await HonestClient.join(port);
  const ends = new Inbox<readonly [string, string]>();
  realtime.on('disconnected', ({ connection, reason }) => ends.push([connection.id, reason]));
  const channel = randomName();
  const client = await RawClient.open(port);
  await client.subscribe(channel);
  client.raw.socket.pause();
  await flood(realtime, channel);
  expect(await realtime.channel(channel).subscriberCount()).toBe(0);
  expect(await ends.next('its end', undefined, 4_000)).toEqual([client.id, 'SLOW_READER']);
  await honest.isUnaffected();
});

it('C1: many that stop reading end when together they have too much waiting, and others do not notice', async () => {
  const { realtime, port } = await startServer({ limits: { maxQueuedBytesTotal: 2 * 1024 * 1024 } });
  const honest = await HonestClient.join(port);
  const ends: string[] = [];
  realtime.on('disconnected', ({ reason }) => ends.push(reason));
  const channel = randomName();
  const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.open(port)));
  for (const client of clients) {
    await client.subscribe(channel);
    client.raw.socket.pause();
  }
  // Each may have 256 KiB waiting: 5 MiB together.
  await flood(realtime, channel);
  const left = await realtime.channel(channel).subscriberCount();
  expect(left).toBeGreaterThan(4);
  expect(left).toBeLessThan(10);
  await honest.isUnaffected();
  for (const client of clients) client.raw.socket.destroy();
  await expect.poll(() => ends.length, { timeout: 9_000 }).toBe(20);
  expect(ends.filter((reason) => reason === 'SLOW_READER')).toHaveLength(20 - left);
});
