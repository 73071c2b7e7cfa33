/** Connects, subscribes, sends and closes as often as it is told, in a process of its own, and says what is left. */
import { MemoryBus, memoryBroker, Realtime } from '@rt/core';
import { ManualClock } from '../../../packages/core/test/manual-clock.ts';
import { TestWire } from '../../../packages/core/test/test-wire.ts';

const CHANNELS = ['room.1', 'private-1', 'presence-1', 'user.ann'];
const cycles = Number(process.argv[2]);
const clock = new ManualClock();
const wire = new TestWire();
const realtime = new Realtime({
  transports: [wire],
  broker: memoryBroker({ bus: new MemoryBus({ clock }) }),
  channels: { '*': { send: true, rate: { event: 1_000 } } },
  authenticate: async ({ token }) => (token === undefined ? undefined : { id: token, expiresAt: new Date(2e12) }),
  logger: false,
  clock,
});
realtime.authorize('private-*', async () => true);
realtime.authorize('presence-*', async () => true);
await realtime.start();
// A node that has just started listens for others for a moment.
clock.advance(2_000);
const timersBefore = clock.pending;

async function cycle(index: number): Promise<void> {
  const client = wire.connect();
  await client.open(CHANNELS.slice(0, 3), 'ann');
  client.send(['send', 1, CHANNELS[index % 3], 'event', index, `id-${index}`], ['auth', 'ann'], ['unsub', 2, 'room.1']);
  client.send(['sub', 3, 'room.1', 'e.1.t'], ['ping']);
  for (;;) {
    const frame = await client.next();
    if (frame[0] === 'pong') break;
  }
  client.abort();
}

async function run(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await cycle(index);
    // Publish ids and presence grace end by the clock.
    if (index % 100 === 99) clock.advance(10_000);
  }
  // Nothing that is kept for a while is kept any more.
  for (let second = 0; second < 300; second++) clock.advance(1_000);
  await new Promise((resolve) => setImmediate(resolve));
}

async function heapBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

await run(5_000);
const before = await heapBytes();
await run(cycles);
const heapGrowthBytes = (await heapBytes()) - before;
const subscribers = await Promise.all(CHANNELS.map((channel) => realtime.channel(channel).subscriberCount()));
const kept = (await realtime.user('ann').connections()).length;
process.send?.({ heapGrowthBytes, subscribers, timers: clock.pending - timersBefore, kept });
await realtime.close({ drainMs: 0 });
process.disconnect();
