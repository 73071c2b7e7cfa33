import { expect, it } from 'vitest';
import { newInstance, RawClient, randomName } from '../../hardening/raw-client.ts';
import { ServerChild } from '../../hardening/server-child.ts';
import { HonestClient } from '../../hardening/server.ts';
import { Account, honestFor, publishMany } from '../../hardening/slow-readers.ts';

const MIB = 1024 * 1024;
const BYTES = 200_000;
const COUNT = 1_000;

it(
  'C1: one that stops reading while 200 MB are published holds no memory and misses nothing silently',
  { timeout: 240_000 },
  async () => {
    const child = await ServerChild.start({ channels: { '*': { send: true, history: { size: 20, ttlMs: 120_000 } } } });
    const { port } = child;
    const honest = await HonestClient.join(port);
    const channel = randomName();
    await publishMany(port, channel, { from: 0, to: 100, bytes: BYTES });
    const p99 = async (from: number): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < 100; round++) {
        await publishMany(port, channel, { from: from + round * 5, to: from + round * 5 + 5, bytes: BYTES });
        times.push(await honest.latencyMs());
      }
      return times.toSorted((a, b) => a - b)[98]!;
    };
    // The same traffic with nobody slow, to compare with.
    let quiet = 0;
    const takenQuietly = await child.memoryTakenBy(async () => {
      quiet = await p99(100);
    });
    const instance = newInstance();
    const slow = await RawClient.open(port, { instance });
    await slow.subscribe(channel);
    const account = new Account(600);
    let held = 0;
    const taken = await child.memoryTakenBy(async () => {
      slow.raw.socket.pause();
      held = Math.max(await p99(600), await p99(1_100));
    });
    expect(COUNT * BYTES).toBe(200_000_000);
    // Garbage of the requests that publish is there in both; what is held for the slow one comes on top.
    expect(taken).toBeLessThan(takenQuietly + 32 * MIB);
    // The target is 1.2 times; a test allows for what else the machine does.
    expect(held).toBeLessThan(Math.max(3 * quiet, 50));
    // 5 s without a drain, at most one sweep more, and 2 s for a close that nobody answers.
    await honestFor(honest, 9_000);
    slow.raw.socket.resume();
    await slow.ending(9_000);
    const cursors = slow.received.takeAll();
    const last = cursors.findLast((frame) => frame[0] === 'm' && frame[1] === channel);
    for (const frame of cursors) slow.received.push(frame);
    account.take(slow, channel);
    expect(account.next).toBeLessThan(1_600);

    const back = await RawClient.open(port, { instance, resume: [[channel, String(last![3])]] });
    await publishMany(port, channel, { from: 1_600, to: 1_601, bytes: BYTES });
    const end = await back.received.next(
      'the last message',
      (frame) => frame[0] === 'm' && String(frame[4]).startsWith('001600'),
      9_000,
    );
    back.received.push(end);
    // It was away for longer than is kept, so it is told, and what follows comes without a hole.
    account.take(back, channel);
    expect(account.gaps).toBe(1);
    expect(account.next).toBe(1_601);
    await honest.isUnaffected();
  },
);

it('C1: 50 healthy clients come back to 100 × 60 KB each at once: all get all', { timeout: 240_000 }, async () => {
  const child = await ServerChild.start();
  const channel = randomName();
  const before = await RawClient.open(child.port);
  const cursor = await before.subscribe(channel);
  await publishMany(child.port, channel, { from: 0, to: 100, bytes: 60_000 });
  const honest = await HonestClient.join(child.port);
  for (let round = 0; round < 4; round++) {
    const clients = await Promise.all(
      Array.from({ length: 50 }, () => RawClient.open(child.port, { resume: [[channel, cursor]] })),
    );
    await Promise.all(
      clients.map(async (client) => {
        const end = await client.received.next('the last', (frame) => String(frame[4]).startsWith('000099'), 60_000);
        client.received.push(end);
        const account = new Account();
        account.take(client, channel);
        expect([account.next, account.gaps]).toEqual([100, 0]);
        client.raw.socket.destroy();
      }),
    );
  }
  await honest.isUnaffected();
});
