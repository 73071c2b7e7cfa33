import { memoryBroker, MemoryBus } from '@rt/core';
import { testBroker, testLog } from '@rt/core/conformance';
import type { BrokerUnderTest } from '@rt/core/conformance';
import { describe, expect, it } from 'vitest';

const start = async (): Promise<BrokerUnderTest> => {
  const bus = new MemoryBus();
  return { broker: () => memoryBroker({ bus }), stop: async () => undefined };
};

testBroker({ describe, it, expect }, 'memory', start);
testLog({ describe, it, expect }, 'memory', start);
