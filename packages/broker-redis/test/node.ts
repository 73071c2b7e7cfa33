import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { BrokerNode } from '../../../tests/servers/broker-node.ts';
import { redisBroker } from '../src/index.ts';
import type { RedisBrokerOptions } from '../src/index.ts';

export { placesOf, PLENTY } from '../../../tests/servers/broker-node.ts';

export function randomName(): string {
  return `test.${randomBytes(6).toString('hex')}`;
}

/** A started broker, and what it reported. */
export type TestNode = BrokerNode;
export const TestNode = {
  start: (options: RedisBrokerOptions): Promise<TestNode> => BrokerNode.start(redisBroker(options)),
};

/** Bus and log from node to node, on each of `channels`. */
export async function useBoth(a: TestNode, b: TestNode, channels: readonly string[] = ['news']): Promise<void> {
  for (const channel of channels) {
    const seen = await b.follow(channel);
    await b.broker.subscribe(channel);
    await a.append(channel, ['entry']);
    await a.broker.publish([{ channel, texts: ['text'] }]);
    expect([await seen.inbox.next('the entry'), await b.texts.next('the text')]).toEqual(['entry', 'text']);
    expect((await a.log.read(channel, { limit: 1 })).entries).toMatchObject([{ text: 'entry' }]);
  }
}

/** A refusal is told at once; this is three times what a start may take where nothing answers. */
export const REFUSED_WITHIN_MS = 15_000;

/** What is told of a broker that does not start with `options`, and after what time. */
export async function refusal(options: RedisBrokerOptions): Promise<{ text: string; code: string; ms: number }> {
  const at = performance.now();
  const error = await TestNode.start(options).then(
    () => new Error('it started'),
    (reason: unknown) => reason as Error,
  );
  const { code } = error as Error & { code: string };
  // Everything that a log might show of it.
  const text = `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
  return { text, code, ms: performance.now() - at };
}
