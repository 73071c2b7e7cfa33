import { defaultLimits } from '@rt/core';
import type { Realtime } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../packages/core/test/manual-clock.ts';
import { startRealtime } from '../../packages/core/test/start-realtime.ts';
import type { TestClient } from '../../packages/core/test/test-wire.ts';
import { RawClient, randomName } from './raw-client.ts';
import { startServer } from './server.ts';

const KIB = 1024;

/** What comes on a channel up to and with the message that ends it, which is published behind all others. */
async function framesUpToEnd(client: TestClient, realtime: Realtime, channel: string): Promise<(readonly unknown[])[]> {
  await realtime.broadcast(channel, 'end', 'end');
  const frames: (readonly unknown[])[] = [];
  for (;;) {
    const frame = await client.next();
    if (frame[1] !== channel) continue;
    if (frame[0] === 'm' && frame[2] === 'end') return frames;
    frames.push(frame);
  }
}

/** Whether every message from 0 to `count` came once and in order, or a gap stands where some are missing. */
function isAccountedFor(frames: readonly (readonly unknown[])[], channel: string, count: number): void {
  let expected = 0;
  let isGap = false;
  for (const [type, name, , , data] of frames.filter((frame) => frame[1] === channel)) {
    expect(name).toBe(channel);
    if (type === 'gap') {
      isGap = true;
      continue;
    }
    const index = Number(String(data).slice(0, 6));
    if (!isGap) expect(index, 'the next message without a gap before it').toBe(expected);
    expect(index, 'rising').toBeGreaterThanOrEqual(expected);
    expected = index + 1;
    isGap = false;
  }
  if (!isGap) expect(expected, 'the end of what was published').toBe(count);
}

function dataAt(index: number, bytes: number): string {
  return String(index).padStart(6, '0') + 'x'.repeat(bytes);
}

describe('C1: nothing is silently missing', () => {
  for (const history of [undefined, false] as const) {
    const kind = history === false ? 'without' : 'with';
    it(`C1: of 100 × 10 KiB in one tick on a channel ${kind} history, for a client that reads`, async () => {
      const { realtime, wire } = await startRealtime(history === false ? { channels: { '*': { history } } } : {});
      const channel = randomName();
      const client = wire.connect();
      await client.open([channel]);
      const published = Array.from({ length: 100 }, (_, n) => realtime.broadcast(channel, 'e', dataAt(n, 10 * KIB)));
      await Promise.all(published);
      isAccountedFor(await framesUpToEnd(client, realtime, channel), channel, 100);
    });

    it(`C1: for one that did not read for a while, on a channel ${kind} history`, async () => {
      const { realtime, wire } = await startRealtime(history === false ? { channels: { '*': { history } } } : {});
      const channel = randomName();
      const client = wire.connect();
      await client.open([channel]);
      client.bufferedBytes = 300 * KIB;
      for (let n = 0; n < 50; n++) await realtime.broadcast(channel, 'e', dataAt(n, 10 * KIB));
      client.drain();
      isAccountedFor(await framesUpToEnd(client, realtime, channel), channel, 50);
    });
  }

  it('C1: of runs with messages that are not for everybody among them, on a channel without history', async () => {
    const { realtime, wire } = await startRealtime({ channels: { '*': { history: false } } });
    const channel = randomName();
    for (const alone of [26, 27, 28, 50, 99]) {
      const client = wire.connect();
      await client.open([channel]);
      const except = { instance: 'somebody else' };
      const published = Array.from({ length: 100 }, (_, n) =>
        realtime.broadcast(
          channel,
          'e',
          dataAt(n, n === alone ? 9 * KIB : 10 * KIB - 200),
          n === alone ? { except } : {},
        ),
      );
      await Promise.all(published);
      isAccountedFor(await framesUpToEnd(client, realtime, channel), channel, 100);
      client.abort();
    }
  });

  it('C1: one that catches up in some channels is not pushed to in another', async () => {
    const { realtime, wire } = await startRealtime({ channels: { 'bus.*': { history: false } } });
    const bus = randomName('bus.');
    const logs = Array.from({ length: 8 }, () => randomName('log.'));
    const client = wire.connect();
    await client.open([...logs, bus]);
    client.bufferedBytes = 300 * KIB;
    await realtime.broadcast(logs[0]!, 'e', dataAt(0, 10));
    for (const log of logs) for (let n = 0; n < 5; n++) await realtime.broadcast(log, 'e', dataAt(n, 10 * KIB));
    // The socket took all, then nothing any more: the first channels alone fill it again.
    client.drain();
    client.bufferedBytes = 300 * KIB;
    for (let n = 0; n < 200; n++) await realtime.broadcast(bus, 'e', dataAt(n, 10 * KIB));
    const lines = client.writes.join('\n').split('\n');
    const toBus = lines.filter((line) => line.startsWith(`["m","${bus}"`)).length;
    expect(toBus * 10 * KIB).toBeLessThanOrEqual(300 * KIB);
  });

  it('C1: a volatile message to a channel with history is dropped for a slow reader, and its log goes on', async () => {
    const { realtime, wire } = await startRealtime();
    const channel = randomName();
    const client = wire.connect();
    await client.open([channel]);
    client.bufferedBytes = 300 * KIB;
    await realtime.broadcast(channel, 'e', dataAt(0, 10));
    await realtime.broadcast(channel, 'volatile', 'dropped', { volatile: true });
    await realtime.broadcast(channel, 'e', dataAt(1, 10));
    client.drain();
    const frames = await framesUpToEnd(client, realtime, channel);
    isAccountedFor(
      frames.filter((frame) => frame[2] !== 'volatile'),
      channel,
      2,
    );
  });

  it('C1: with no drain for 5 s it ends with SLOW_READER, and one that drains a little stays', async () => {
    const clock = new ManualClock();
    const { realtime, wire } = await startRealtime({ clock });
    const channel = randomName();
    const reasons: string[] = [];
    realtime.on('disconnected', ({ reason }) => reasons.push(reason));
    const [stuck, slow] = [wire.connect(), wire.connect()];
    for (const client of [stuck, slow]) {
      await client.open([channel]);
      client.bufferedBytes = 300 * KIB;
    }
    await realtime.broadcast(channel, 'e', 'x');
    const goOn = (seconds: number): void => {
      for (let second = 0; second < seconds; second++) {
        slow.bufferedBytes -= 20 * KIB;
        clock.advance(1_000);
      }
    };
    goOn(4);
    expect(reasons).toEqual([]);
    goOn(6);
    expect((await stuck.closed()).code).toBe(4002);
    expect(reasons).toEqual(['SLOW_READER']);
    // Nothing of it has left since.
    clock.advance(5_000);
    expect((await slow.closed()).code).toBe(4002);
  });
});

describe('C1: a healthy client is not cut', () => {
  it('C1: that returns to 100 × 60 KB of missed messages: it gets all of them', async () => {
    const { realtime, port } = await startServer();
    const channel = randomName();
    const before = await RawClient.open(port);
    const cursor = await before.subscribe(channel);
    before.raw.socket.destroy();
    for (let n = 0; n < 100; n++) await realtime.broadcast(channel, 'e', dataAt(n, 60_000));
    const back = await RawClient.open(port, { resume: [[channel, cursor]] });
    const answer = await back.next('sub');
    expect(answer[4]).toBe(true);
    for (let n = 0; n < 100; n++) expect(String((await back.next('m'))[4]).slice(0, 6)).toBe(dataAt(n, 0));
    await realtime.broadcast(channel, 'e', 'live');
    expect((await back.next('m'))[4]).toBe('live');
  });

  it('C1: 20 of them at once', async () => {
    const { realtime, port } = await startServer();
    const channel = randomName();
    const before = await RawClient.open(port);
    const cursor = await before.subscribe(channel);
    for (let n = 0; n < 100; n++) await realtime.broadcast(channel, 'e', dataAt(n, 60_000));
    const backs = Array.from({ length: 20 }, () => RawClient.open(port, { resume: [[channel, cursor]] }));
    await Promise.all(
      (await Promise.all(backs)).map(async (back) => {
        for (let n = 0; n < 100; n++) expect(String((await back.next('m', 9_000))[4]).slice(0, 6)).toBe(dataAt(n, 0));
      }),
    );
  });

  it('C1: that asks for a history of 6 MB: it gets all of it, in pages that no limit of its connection refuses', async () => {
    const { realtime, wire } = await startRealtime();
    const channel = randomName();
    for (let n = 0; n < 100; n++) await realtime.broadcast(channel, 'e', dataAt(n, 60_000));
    const client = wire.connect();
    await client.open();
    const pages: string[][] = [];
    let before: string | null = null;
    do {
      client.send(['history', 1, channel, { limit: 100, before }]);
      const answer = await client.next();
      expect(JSON.stringify(answer).length).toBeLessThanOrEqual(defaultLimits.maxQueuedBytes);
      const page = answer[2] as { messages: unknown[][]; previous: string | null };
      pages.unshift(page.messages.map((frame) => String(frame[4]).slice(0, 6)));
      before = page.previous;
    } while (before !== null);
    expect(pages.flat()).toEqual(Array.from({ length: 100 }, (_, n) => dataAt(n, 0)));
    // And forward again, from the first.
    const after: string[] = [];
    let next: string | null = (await realtime.channel(channel).history({ limit: 100 })).messages[0]!.cursor;
    while (next !== null) {
      client.send(['history', 1, channel, { limit: 100, after: next }]);
      const page = (await client.next())[2] as { messages: unknown[][]; next: string | null };
      after.push(...page.messages.map((frame) => String(frame[4]).slice(0, 6)));
      next = page.next;
    }
    expect(after).toEqual(Array.from({ length: 99 }, (_, n) => dataAt(n + 1, 0)));
  });

  it('C1: that is sent 3 MB at once on 10 channels: it gets all of it', async () => {
    const { realtime, port } = await startServer();
    const channels = Array.from({ length: 10 }, () => randomName());
    const client = await RawClient.open(port);
    for (const channel of channels) await client.subscribe(channel);
    const publishing = channels.flatMap((channel) =>
      Array.from({ length: 5 }, (_, n) => realtime.broadcast(channel, 'e', dataAt(n, 60_000))),
    );
    await Promise.all(publishing);
    const seen = new Map<unknown, number>();
    for (let n = 0; n < 50; n++) {
      const [, channel, , , data] = await client.next('m');
      const next = seen.get(channel) ?? 0;
      expect(String(data).slice(0, 6)).toBe(dataAt(next, 0));
      seen.set(channel, next + 1);
    }
  });
});
