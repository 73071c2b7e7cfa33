import { systemClock } from '@rt/core';
import { testBroker, testLog } from '@rt/core/conformance';
import { describe, expect, it } from 'vitest';
import { ModelBroker } from './model-broker.ts';
import { ModelService } from './model-service.ts';
import { Random } from './random.ts';

async function start(): Promise<{ broker: () => ModelBroker; stop: () => Promise<void> }> {
  const service = new ModelService({ clock: systemClock, random: new Random(1), delaysMs: [0, 0, 1, 3] });
  return { broker: () => new ModelBroker(service), stop: async () => undefined };
}

testBroker({ describe, it, expect }, 'the model', start);
testLog({ describe, it, expect }, 'the model', start);
