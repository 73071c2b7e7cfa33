import { randomBytes } from 'node:crypto';
import { BrokerNode } from '../../../tests/servers/broker-node.ts';
import { rabbitmqBroker } from '../src/index.ts';
import type { RabbitmqBrokerOptions } from '../src/index.ts';

export function randomName(): string {
  return `test_${randomBytes(6).toString('hex')}`;
}

/** A started broker, and what it reported. */
export type TestNode = BrokerNode;
export const TestNode = {
  start: (options: RabbitmqBrokerOptions): Promise<TestNode> => BrokerNode.start(rabbitmqBroker(options)),
};
