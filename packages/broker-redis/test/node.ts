import { randomBytes } from 'node:crypto';
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
