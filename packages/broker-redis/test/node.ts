import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { BrokerNode } from '../../../tests/servers/broker-node.ts';
import { redisBroker } from '../src/index.ts';
import type { RedisBrokerOptions } from '../src/index.ts';

export { placesOf, PLENTY } from '../../../tests/servers/broker-node.ts';

/** A refusal is told at once; this is three times what a start may take where nothing answers. */
const REFUSED_WITHIN_MS = 15_000;

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

/** Why no broker starts with `options`: the message of its `BROKER_DOWN`. */
export async function refusal(options: RedisBrokerOptions): Promise<string> {
  const began = performance.now();
  const error = await TestNode.start(options).then(
    () => new Error('it started'),
    (reason: unknown) => reason as Error,
  );
  expect(performance.now() - began).toBeLessThan(REFUSED_WITHIN_MS);
  expect(error).toMatchObject({ code: 'BROKER_DOWN' });
  return error.message;
}
