import { describe, expect, it } from 'vitest';
import { STREAMS } from './clients.ts';
import { Inbox } from './inbox.ts';
import { newInstance, randomName } from './raw-client.ts';
import { ServerChild } from './server-child.ts';
import { HonestClient, startServer } from './server.ts';
import { Account, honestFor, publishMany } from './slow-readers.ts';

const MIB = 1024 * 1024;

describe.each(Object.entries(STREAMS))('over %s', (_transport, clients) => {
  it('C1: one that stops reading while 20 MB are published holds no memory, ends after 5 s, and misses nothing silently', async () => {
    const child = await ServerChild.start({ channels: { '*': { send: true, history: { size: 50, ttlMs: 120_000 } } } });
    const { port } = child;
    const honest = await HonestClient.join(port);
    const channel = randomName();
    // The rings fill before anything is measured.
    await publishMany(port, channel, { from: 0, to: 60, bytes: 60_000 });
    const instance = newInstance();
    const slow = await clients.open(port, { instance });
    const cursor = await slow.subscribe(channel);
    const account = new Account(60);
    const latencies: number[] = [];
    const taken = await child.memoryTakenBy(async () => {
      slow.pause();
      for (let round = 0; round < 34; round++) {
        await publishMany(port, channel, { from: 60 + round * 10, to: 70 + round * 10, bytes: 60_000 });
        latencies.push(await honest.latencyMs());
      }
    });
    // One page, the undroppable and what the runtime takes for 340 HTTP requests of 60 KB, which is 10 to 14; the 20 MB would come on top.
    expect(taken).toBeLessThan(22 * MIB);
    expect(latencies.toSorted((a, b) => a - b).at(-2)).toBeLessThan(100);

    // 5 s without a drain, at most one sweep more, and 2 s for a close that nobody answers.
    await honestFor(honest, 6_500);
    slow.resume();
    await slow.ending(9_000);
    account.take(slow, channel);
    expect(account.gaps).toBe(0);
    expect(account.next).toBeLessThan(400);

    const back = await clients.open(port, { instance, resume: [[channel, cursor]] });
    await publishMany(port, channel, { from: 400, to: 401, bytes: 60_000 });
    await back.received.next('the last message', (frame) => frame[0] === 'm' && String(frame[4]).startsWith('000400'));
    await honest.isUnaffected();
  });

  it('C1: the server says SLOW_READER of one that does not read, and not of the others', async () => {
    const { realtime, port } = await startServer();
    const channel = randomName();
    const reasons = new Inbox<readonly [string, string]>();
    realtime.on('disconnected', ({ connection, reason }) => reasons.push([connection.id, reason]));
    const [slow, healthy] = [await clients.open(port), await clients.open(port)];
    await slow.subscribe(channel);
    await healthy.subscribe(channel);
    slow.pause();
    for (let n = 0; n < 300; n++) {
      await realtime.broadcast(channel, 'e', 'x'.repeat(60_000));
      if (n % 20 === 0) await healthy.roundTrip();
    }
    expect(await reasons.next('the end of the slow one', undefined, 24_000)).toEqual([slow.id, 'SLOW_READER']);
    for (let n = 0; n < 300; n++) await healthy.next('m');
    await healthy.roundTrip();
    expect(await realtime.channel(channel).subscriberCount()).toBe(1);
  });

  it('C1: one that stops reading for a moment and goes on gets everything, or a gap where something is gone', async () => {
    const { realtime, port } = await startServer();
    const channel = randomName();
    const client = await clients.open(port);
    await client.subscribe(channel);
    const account = new Account();
    for (let round = 0; round < 5; round++) {
      client.pause();
      for (let n = 0; n < 150; n++) {
        const index = round * 150 + n;
        await realtime.broadcast(channel, 'e', String(index).padStart(6, '0') + 'x'.repeat(60_000));
      }
      client.resume();
      await client.received
        .next('the last of the round', (frame) => {
          return (
            frame[0] === 'skip' || (frame[0] === 'm' && Number(String(frame[4]).slice(0, 6)) === round * 150 + 149)
          );
        })
        .then((frame) => client.received.push(frame));
      account.take(client, channel);
      expect(account.next).toBe((round + 1) * 150);
    }
  });

  it('C1: one that asks 90 times for a history of 6 MB and does not read holds no memory', async () => {
    const child = await ServerChild.start();
    const { port } = child;
    const honest = await HonestClient.join(port);
    const channel = randomName();
    await publishMany(port, channel, { from: 0, to: 100, bytes: 60_000 });
    const slow = await clients.open(port);
    const taken = await child.memoryTakenBy(async () => {
      slow.pause();
      const asking = Array.from({ length: 90 }, (_, n) => JSON.stringify(['history', n + 1, channel, { limit: 100 }]));
      slow.sendText(asking.join('\n'));
      await honest.latencyMs();
      await honest.latencyMs();
    });
    expect(taken).toBeLessThan(32 * MIB);
    await honest.isUnaffected();
  });
});
