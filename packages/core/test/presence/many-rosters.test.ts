import type { Realtime, RealtimeOptions } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { startRealtime } from '../start-realtime.ts';
import type { TestClient, TestWire } from '../test-wire.ts';
import { settle } from './room.ts';
import type { Frame } from './room.ts';
import { RosterCopy } from './roster-copy.ts';

const KIB = 1024;
const MAX_QUEUED = 64 * KIB;
const CHANNELS = Array.from({ length: 40 }, (_, index) => `presence-room.${index}`);

/** A socket that takes nothing until it is told, and then everything. */
class SlowSocket {
  readonly client: TestClient;
  /** The most that it had to hold. */
  mostBytes = 0;
  /** What came, in order. */
  readonly frames: Frame[] = [];

  constructor(client: TestClient) {
    this.client = client;
    const write = client.write.bind(client);
    client.write = (bytes) => {
      write(bytes);
      client.bufferedBytes += bytes.length;
      this.mostBytes = Math.max(this.mostBytes, client.bufferedBytes);
    };
  }

  /** Takes what there is, again and again, until nothing comes any more. */
  async takeAll(): Promise<void> {
    for (;;) {
      this.client.drain();
      await settle();
      if (this.client.waiting === 0) return;
      while (this.client.waiting > 0) this.frames.push(await this.client.next());
    }
  }

  of(type: string): Frame[] {
    return this.frames.filter((frame) => frame[0] === type && !String(frame[2]).startsWith('user.'));
  }
}

/** A server whose members have 10 KiB of info each: 400 KiB in all channels, and a client may have 64 KiB queued. */
async function start(
  options: RealtimeOptions = {},
): Promise<{ realtime: Realtime; wire: TestWire; clock: ManualClock }> {
  const clock = new ManualClock();
  const started = await startRealtime({
    clock,
    limits: { maxQueuedBytes: MAX_QUEUED, beatMs: 1_000_000, messageBurst: 1_000 },
    authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
    ...options,
  });
  started.realtime.authorize('presence-*', ({ user }) => (user?.id === 'eve' ? {} : { text: 'x'.repeat(10 * KIB) }));
  return { ...started, clock };
}

async function connect(wire: TestWire, token: string, channels: readonly string[]): Promise<SlowSocket> {
  const socket = new SlowSocket(wire.connect());
  const resume = channels.map((channel) => [channel, null]);
  socket.client.send(['connect', 1, socket.client.instance, token, resume]);
  await settle();
  return socket;
}

/** Who is a member by the frames that `socket` got of `channel`. */
function membersOf(socket: SlowSocket, channel: string): string[] | undefined {
  const copy = new RosterCopy(channel);
  for (const frame of socket.frames) copy.receive(frame);
  return copy.sorted?.map(({ id }) => id);
}

describe('many large rosters at once', () => {
  it('of one connect come one after the other, as the client reads, and it is not cut', async () => {
    const { wire, clock } = await start();
    await (await connect(wire, 'bob', CHANNELS)).takeAll();
    clock.advance(200);
    await settle();
    const eve = await connect(wire, 'eve', CHANNELS);
    await eve.takeAll();
    clock.advance(200);
    await eve.takeAll();
    expect(eve.of('sub')).toHaveLength(CHANNELS.length);
    for (const channel of CHANNELS) expect(membersOf(eve, channel)).toEqual(['bob', 'eve']);
    expect(eve.mostBytes).toBeLessThan(MAX_QUEUED);
    expect(eve.of('err')).toEqual([]);
  });

  it.each<[string, string, (channel: string, n: number) => readonly unknown[]]>([
    ['members', 'ok', (channel, n) => ['members', n, channel]],
    ['sub of what it has', 'sub', (channel, n) => ['sub', n, channel]],
  ])('of as many requests %s come as the client reads', async (_, type, request) => {
    const { wire } = await start();
    await (await connect(wire, 'bob', CHANNELS)).takeAll();
    const eve = await connect(wire, 'eve', CHANNELS.slice(0, 1));
    await eve.takeAll();
    eve.frames.length = 0;
    eve.client.send(...Array.from({ length: 100 }, (__, n) => request(CHANNELS[0]!, n + 1)));
    await settle();
    expect(eve.mostBytes).toBeLessThan(MAX_QUEUED);
    await eve.takeAll();
    expect(eve.of(type).map((frame) => frame[1])).toEqual(Array.from({ length: 100 }, (__, n) => n + 1));
    expect(eve.mostBytes).toBeLessThan(MAX_QUEUED);
  });

  it('end with a client that takes none of them, which never holds more than it may have queued', async () => {
    const { realtime, wire, clock } = await start();
    await (await connect(wire, 'bob', CHANNELS)).takeAll();
    const eve = await connect(wire, 'eve', CHANNELS);
    for (let second = 0; second < 7; second++) {
      clock.advance(1_000);
      await settle();
    }
    expect((await eve.client.closed()).reason).toBe('SLOW_READER');
    expect(eve.mostBytes).toBeLessThan(MAX_QUEUED);
    clock.advance(10_000);
    await settle();
    for (const channel of CHANNELS) {
      expect((await realtime.channel(channel).members()).map(({ id }) => id)).toEqual(['bob']);
      expect(await realtime.channel(channel).subscriberCount()).toBe(1);
    }
  });
});

describe('a subscription that waits for the roster of another', () => {
  /** A client that subscribes to more than its socket takes, and the last of these channels. */
  async function startWaiting() {
    const started = await start();
    await (await connect(started.wire, 'bob', CHANNELS)).takeAll();
    const eve = await connect(started.wire, 'eve', CHANNELS);
    return { ...started, eve, last: CHANNELS.at(-1)! };
  }

  it('is no member and gets nothing yet', async () => {
    const { realtime, eve, last } = await startWaiting();
    expect((await realtime.channel(last).members()).map(({ id }) => id)).toEqual(['bob']);
    await realtime.broadcast(last, 'said', 'before');
    await eve.takeAll();
    expect(eve.of('m').filter((frame) => frame[1] === last)).toEqual([]);
    await realtime.broadcast(last, 'said', 'after');
    await eve.takeAll();
    expect(eve.of('m').map((frame) => [frame[1], frame[4]])).toEqual([[last, 'after']]);
  });

  it('can be taken back', async () => {
    const { realtime, eve, last } = await startWaiting();
    eve.client.send(['unsub', 7, last]);
    await eve.takeAll();
    expect(eve.of('ok')).toEqual([['ok', 7]]);
    expect(eve.of('sub').map((frame) => frame[2])).toEqual(CHANNELS.slice(0, -1));
    expect(await realtime.channel(last).subscriberCount()).toBe(1);
  });

  it('is over when its connection is: nothing is held, and the server that asked for one hears of it', async () => {
    const { realtime, eve } = await startWaiting();
    const [connection] = await realtime.user('eve').connections();
    const subscribing = connection!.subscribe('presence-by-the-server');
    eve.client.abort();
    await expect(subscribing).rejects.toMatchObject({ code: 'CANCELLED' });
    await settle();
    for (const channel of CHANNELS) expect(await realtime.channel(channel).subscriberCount()).toBe(1);
  });
});

describe('many large changes that a client has missed', () => {
  it('are told as it reads, in all of its channels', async () => {
    const { realtime, wire, clock } = await start();
    const eve = await connect(wire, 'eve', [...CHANNELS, 'news']);
    await eve.takeAll();
    clock.advance(200);
    await eve.takeAll();
    await realtime.broadcast('news', 'said', 'x'.repeat(20 * KIB));
    await (await connect(wire, 'bob', CHANNELS)).takeAll();
    clock.advance(200);
    await settle();
    expect(eve.client.bufferedBytes).toBeLessThan(30 * KIB);
    await eve.takeAll();
    for (const channel of CHANNELS) expect(membersOf(eve, channel)).toEqual(['bob', 'eve']);
    expect(eve.mostBytes).toBeLessThan(MAX_QUEUED);
  });
});
