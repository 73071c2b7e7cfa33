import { randomBytes } from 'node:crypto';
import { BrokerNode } from '../../../tests/servers/broker-node.ts';
import { natsBroker } from '../src/index.ts';
import type { NatsBrokerOptions } from '../src/index.ts';

export function randomName(): string {
  return `test_${randomBytes(6).toString('hex')}`;
}

/** A started broker, and what it reported. */
export const TestNode = {
  start: (options: NatsBrokerOptions): Promise<BrokerNode> => BrokerNode.start(natsBroker(options)),
};
