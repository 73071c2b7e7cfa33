import { redisBroker } from '@rt/broker-redis';
import type { RealtimeClient } from '@rt/client';
import type { Broker } from '@rt/core';
import { expect } from 'vitest';
import { recordConnection, recordPublish, recordSubscription } from '../checker/attach.ts';
import { check } from '../checker/check.ts';
import { Recorder } from '../checker/recorder.ts';
import { summary } from '../checker/summary.ts';
import { Inbox } from '../hardening/inbox.ts';
import { randomName } from '../hardening/raw-client.ts';
import { sharedRedis } from '../servers/redis.ts';
import { HttpProxy } from './http-proxy.ts';
import { newClient, startNode } from './nodes.ts';

/** The way round: each hop leaves only the next one open. */
const ROUND = ['sse', 'longpolling', 'websocket'] as const;
const PER_SECOND = 50;
const HOP_EVERY_MS = 2_000;

/** What a run of hops came to. */
export interface Hops {
  /** How long each hop took, from the cut to `open`, in milliseconds. */
  readonly tookMs: readonly number[];
  readonly transports: ReadonlySet<string | undefined>;
}

/**
 * Sends a client from transport to transport, and between two nodes, every two seconds, while messages are published on one and sent by
 * another client that hops too; fails where the checker finds that anything was lost, doubled or swapped.
 */
export async function hop(seconds: number): Promise<Hops> {
  const redis = await sharedRedis();
  try {
    const namespace = randomName();
    const broker = (): Broker => redisBroker({ url: redis.url, namespace });
    const nodes = [await startNode({ broker: broker() }), await startNode({ broker: broker() })] as const;
    const proxy = await HttpProxy.start(nodes[0].url, nodes[1].url);
    const backoff = { baseMs: 50, maxMs: 100 };
    const client = newClient(proxy.url, { backoff });
    const recorder = new Recorder();
    const channel = randomName();
    const hopper = await listen(recorder, 'hopper', client, channel);
    // Hops as well. It hears nothing: nobody gets their own messages.
    const talker = newClient(proxy.url, { backoff });
    await talker.connect();

    const publishing: Promise<unknown>[] = [];
    let count = 0;
    const timer = setInterval(() => {
      const data = `m${count++}`;
      const sends = count % 2 === 0;
      const publish = (): Promise<{ readonly cursor?: string }> =>
        sends
          ? talker.send(channel, 'm', data)
          : nodes[0].realtime.broadcast(channel, 'm', data).then((result) => result ?? {});
      const published = recordPublish(recorder, { channel, data, by: sends ? 'talker' : 'server' }, publish);
      // How it ended is in the recording.
      publishing.push(published.catch(() => undefined));
    }, 1_000 / PER_SECOND);
    const tookMs: number[] = [];
    const transports = new Set<string | undefined>();
    try {
      for (let n = 0; n < (seconds * 1_000) / HOP_EVERY_MS; n++) {
        const next = ROUND[n % ROUND.length]!;
        proxy.only(next);
        const open = new Promise<void>((resolve) => {
          const stop = client.on('state', ({ state }) => {
            if (state !== 'open') return;
            stop();
            resolve();
          });
        });
        const startedAt = performance.now();
        proxy.cut();
        await open;
        tookMs.push(performance.now() - startedAt);
        transports.add(client.transport);
        await new Promise((resolve) => setTimeout(resolve, HOP_EVERY_MS - (performance.now() - startedAt)));
      }
    } finally {
      clearInterval(timer);
    }
    await Promise.all(publishing);
    await recordPublish(recorder, { channel, data: 'end' }, async () => {
      await nodes[1].realtime.broadcast(channel, 'm', 'end');
      return {};
    });
    await hopper.next('the last message', (data) => data === 'end', 20_000);
    recorder.final('hopper', channel);
    const { recording } = recorder;
    const violations = check(recording);
    if (violations.length > 0) expect.fail(summary(recording, violations));
    // A gap or a failure would be an honest word, but there is no reason for one here.
    expect(recording.facts.filter(({ what }) => what === 'gap' || what === 'failed')).toEqual([]);
    for (const each of [client, talker]) each.close();
    return { tookMs, transports };
  } finally {
    await redis.stop();
  }
}

/** Subscribes, and records all of it. What arrives is in the inbox too. */
async function listen(
  recorder: Recorder,
  name: string,
  client: RealtimeClient,
  channel: string,
): Promise<Inbox<unknown>> {
  const subscription = client.subscribe(channel);
  recordConnection(recorder, name, client);
  recordSubscription(recorder, name, subscription);
  const arrived = new Inbox<unknown>();
  subscription.onAny((_event, data) => arrived.push(data));
  await subscription.subscribed;
  return arrived;
}
