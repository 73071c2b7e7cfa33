import { memoryBroker, MemoryBus } from '@rt/core';
import { testBroker } from '@rt/core/conformance';
import { describe, expect, it } from 'vitest';

testBroker({ describe, it, expect }, 'memory', async () => {
  const bus = new MemoryBus();
  return { broker: () => memoryBroker({ bus }), stop: async () => undefined };
});
