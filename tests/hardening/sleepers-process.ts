/** The clients of `Sleepers`: they listen to one channel, note what they are told, and tell it to their parent. */
import { RealtimeClient } from '@rt/client';
import { Realtime } from '@rt/core';
import type { RealtimeOptions } from '@rt/core';
import { websocket } from '@rt/transport-ws';
import type { SleeperAccount, SleepersInput } from './sleepers.ts';

const { url, channel, count, server, apiKey } = JSON.parse(process.argv[2] ?? '') as SleepersInput & {
  readonly apiKey: string;
};

async function listen(options: RealtimeOptions): Promise<string> {
  const realtime = new Realtime({ transports: [websocket()], apiKey, logger: false, ...options });
  return (await realtime.listen({ port: 0 })).url;
}

const where = url ?? (await listen(server ?? {}));
let asked: { readonly last: unknown } | undefined;
const accounts: SleeperAccount[] = [];

/** Answers as soon as everybody has the message that was asked for. */
function answer(): void {
  if (asked === undefined || accounts.some(({ got }) => got.at(-1) !== asked?.last)) return;
  asked = undefined;
  process.send?.({ accounts });
}

for (let index = 0; index < count; index++) {
  const client = new RealtimeClient(where, { heartbeat: { graceMs: 1_000, probeMs: 500 } });
  const account: SleeperAccount = { got: [], states: [], errors: [] };
  accounts.push(account);
  client.on('error', ({ code }) => account.errors.push(code));
  const subscription = client.subscribe(channel);
  subscription.on('e', (data) => {
    account.got.push(data);
    answer();
  });
  subscription.lifecycle.on('gap', () => account.got.push('a gap'));
  await subscription.subscribed;
  client.on('state', ({ state }) => account.states.push(state));
}

process.on('message', (last: unknown) => {
  asked = { last };
  answer();
});
process.on('disconnect', () => process.exit(0));
process.send?.({ url: where });
