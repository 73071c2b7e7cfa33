import { natsBroker } from '@rt/broker-nats';
import type { NatsBrokerOptions } from '@rt/broker-nats';
import { describe, it, onTestFinished } from 'vitest';
import { startNats } from '../servers/nats.ts';
import type { NatsServer } from '../servers/nats.ts';
import { startProxy } from '../servers/tcp-proxy.ts';
import { HurtFleet, testFaults } from './faults.ts';
import type { FaultySite } from './faults.ts';

async function site(options: NatsBrokerOptions = {}): Promise<FaultySite<NatsServer>> {
  const server = await startNats();
  onTestFinished(() => server.stop());
  return { server, broker: (url = server.url) => natsBroker({ ...options, url }) };
}

describe('two nodes on one NATS', () => {
  testFaults({ site: () => site(), proxy: (server) => startProxy(server) });

  it('say a gap to everybody, and go on, when its streams are deleted [B5]', async () => {
    const { server, broker } = await site();
    const fleet = await HurtFleet.start([broker(), broker()], 2);
    fleet.load.start(200);
    await fleet.more(100);
    await fleet.load.stop();
    for (let partition = 0; partition < 4; partition++) {
      await server.request(`$JS.API.STREAM.DELETE.rt_log_${partition}`);
    }
    await fleet.toldOfNewEpoch();
  });

  it('say a gap to everybody, and go on, when its streams were in memory and it was started anew [B5]', async () => {
    const { server, broker } = await site({ storage: 'memory' });
    const fleet = await HurtFleet.start([broker(), broker()], 2);
    fleet.load.start(200);
    await fleet.more(100);
    await fleet.load.stop();
    await server.kill();
    await server.restart();
    await fleet.toldOfNewEpoch();
  });
});
