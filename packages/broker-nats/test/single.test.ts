import { testBroker, testLog } from '@rt/core/conformance';
import type { BrokerUnderTest } from '@rt/core/conformance';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeStreams, sharedNats } from '../../../tests/servers/nats.ts';
import type { Nats, NatsServer } from '../../../tests/servers/nats.ts';
import { natsBroker } from '../src/index.ts';

/** One that is given can't be paused. */
let nats: Nats | NatsServer;

beforeAll(async () => {
  nats = await sharedNats();
});
afterAll(() => nats.stop());

/** A service of its own for each test: what another one calls its channels is not seen. */
const start = async (): Promise<BrokerUnderTest> => {
  const server = nats;
  const namespace = `test_${randomBytes(6).toString('hex')}`;
  return {
    broker: () => natsBroker({ url: nats.url, namespace }),
    unreachable: () => natsBroker({ url: 'nats://127.0.0.1:1', namespace }),
    ...('pause' in server && { pause: () => server.pause(), resume: () => server.resume() }),
    stop: () => removeStreams(server, [namespace]),
  };
};

testBroker({ describe, it, expect }, 'NATS', start);
testLog({ describe, it, expect }, 'NATS', start);
