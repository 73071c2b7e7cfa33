import { MemoryBus } from '@rt/core';
import { testLog } from '@rt/core/conformance';
import type { BrokerUnderTest } from '@rt/core/conformance';
import { describe, expect, it } from 'vitest';
import { MemoryOrder } from './memory-partition.ts';
import { partitionBroker } from './partition-broker.ts';

const PARTITIONS = 3;

const start = (knowsHead: boolean) => async (): Promise<BrokerUnderTest> => {
  const orders = Array.from({ length: PARTITIONS }, () => new MemoryOrder());
  const shared = { bus: new MemoryBus(), orders, knowsHead };
  return { broker: () => partitionBroker(shared), stop: async () => undefined };
};

testLog({ describe, it, expect }, 'partitions that know their head', start(true));
testLog({ describe, it, expect }, 'partitions that are asked by appending', start(false));
