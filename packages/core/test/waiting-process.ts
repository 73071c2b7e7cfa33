import { Realtime } from '@rt/core';
import type { Broker, BrokerEvents, Log, RealtimeError } from '@rt/core';

// A process that does nothing but wait for a broker that never answers. It prints what became of that.
const [, , what] = process.argv;
const never = new Promise<never>(() => undefined);
let events: BrokerEvents | undefined;

const silent: Broker = {
  name: 'silent',
  ...(what === 'append' && { log: { append: () => never } as Partial<Log> as Log }),
  start: async (given) => {
    events = given;
  },
  subscribe: async () => undefined,
  unsubscribe: async () => undefined,
  publish: () => never,
  health: () => ({ state: 'up' }),
  close: async () => undefined,
};
const realtime = new Realtime({ broker: silent, limits: { publishTimeoutMs: 1_000 } });
await realtime.start();
if (what === 'hold') events!.health({ state: 'down', reason: 'it is down' });
const waiting = what === 'ask' ? realtime.send('another.connection', 'event') : realtime.broadcast('channel', 'event');
const outcome = await waiting.then(
  () => 'accepted',
  ({ code }: RealtimeError) => code,
);
process.stdout.write(`${outcome}\n`);
