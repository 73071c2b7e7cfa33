/** The clients of a `Crowd`: they follow one channel, come back when they lose their node, and say what they saw. */
import { RealtimeClient } from '@rt/client';
import { WebSocket } from 'ws';
import { Account } from './account.ts';
import { BareClient } from './bare-client.ts';
import type { CrowdAsk, CrowdInput, CrowdReport } from './crowd.ts';

/** How many are on their way in at the same time. */
const AT_ONCE = 100;

const input = JSON.parse(process.argv[2] ?? '') as CrowdInput;
const { channel, count, real = 0, users, overMs = 0, returns = true } = input;
const accounts: Account[] = [];
let urls = input.urls;

function startReal(url: () => string, token: string | undefined, account: Account): Promise<unknown> {
  // As a load balancer does it: the client asks for one address, and is led to a node that lives.
  const webSocket = class extends WebSocket {
    constructor(given: string | URL, protocol: string) {
      super(new URL(new URL(given).pathname, url().replace('http', 'ws')), protocol, { perMessageDeflate: false });
    }
  };
  const client = new RealtimeClient(url(), { webSocket, ...(token === undefined ? {} : { token }) });
  client.on('error', () => undefined);
  client.on('state', ({ state }) => {
    if (state !== 'open') account.lost();
  });
  const subscription = client.subscribe(channel);
  subscription.lifecycle.on('subscribed', () => account.confirmed());
  subscription.lifecycle.on('gap', ({ reason }) => account.gap(reason));
  subscription.onAny((_event, data) => account.message(data as number));
  return subscription.subscribed;
}

async function start(index: number): Promise<void> {
  const account = new Account();
  accounts.push(account);
  const url = (): string => urls[index % urls.length]!;
  const token = users === undefined ? undefined : `${users}${index}`;
  // Spread evenly, so that every node has some of both.
  const isReal = Math.floor(((index + 1) * real) / count) > Math.floor((index * real) / count);
  if (isReal) await startReal(url, token, account);
  else await new BareClient({ url, channel, token, returns, account }).subscribed;
}

/** Starts them, evenly over `overMs`, or as fast as they come in. */
async function startAll(): Promise<void> {
  const began = performance.now();
  const coming = new Set<Promise<void>>();
  for (let index = 0; index < count; index++) {
    const waitMs = began + (index * overMs) / count - performance.now();
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const one = start(index).finally(() => coming.delete(one));
    coming.add(one);
    if (overMs === 0 && coming.size >= AT_ONCE) await Promise.race(coming);
  }
  await Promise.all(coming);
}

function report(): CrowdReport {
  return {
    wrong: accounts.flatMap(({ wrong }) => wrong).slice(0, 20),
    caughtUpAt: accounts.flatMap(({ caughtUpAt }) => (caughtUpAt === undefined ? [] : [caughtUpAt])),
    counts: accounts.map(({ count: got }) => got),
    presencePerSecond: Math.max(0, ...accounts.map(({ presencePerSecond }) => presencePerSecond)),
  };
}

process.on('message', (ask: CrowdAsk) => {
  if (ask.urls !== undefined) urls = ask.urls;
  process.send?.(report());
});
process.on('disconnect', () => process.exit(0));
await startAll();
process.send?.('subscribed');
