import { afterAll, describe, expect, it } from 'vitest';
import { startNats, startNatsCluster } from '../servers/nats.ts';
import { startProxy } from '../servers/tcp-proxy.ts';
import { claims, Doctor, lost, RESTART } from './doctor.ts';
import { ProjectFolder } from './project-folder.ts';
import { endAll } from './rt-process.ts';

const folder = new ProjectFolder({
  'rt.config.ts': `import { natsBroker } from '@rt/broker-nats';
    const { URL_OF_MINE: url = '', URLS_OF_MINE: urls = '' } = process.env;
    export default {
      defaultBroker: 'memory',
      brokers: {
        inMemory: () => natsBroker({ url, storage: 'memory' }),
        busOnly: () => natsBroker({ url, jetstream: false }),
        oneOfThree: () => natsBroker({ servers: urls.split(','), partitions: 2 }),
        three: () => natsBroker({ servers: urls.split(','), partitions: 2, replicas: 3 }),
      },
    };`,
});
const doctor = new Doctor(folder);

// The tests run at the same time: not after each.
afterAll(async () => {
  await endAll();
  folder.remove();
});

describe.concurrent('rt doctor on NATS', () => {
  it('says that the promise can be kept', async () => {
    await using nats = await startNats();
    const diagnosis = await doctor.diagnosed(['--broker=nats'], { NATS_URL: nats.url });
    expect(diagnosis).toMatchObject({ ok: true, shape: 'one server', findings: [] });
    expect(diagnosis.service).toMatch(/^NATS \d+\.\d+\.\d+/);
    expect([...new Set(diagnosis.survives.map(({ outcome }) => outcome))]).toEqual(['kept']);
    expect(Object.keys(diagnosis.roundTrips)).toEqual(['bus', 'log']);
  });

  it('says what to do where there is no JetStream', async () => {
    await using nats = await startNats({ jetstream: false });
    const { code, stdout, stderr } = await doctor.run(['--broker=nats'], { NATS_URL: nats.url });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^NATS at .* has no JetStream .*start it with -js.*\n$/);
    const diagnosis = await doctor.diagnosed(['--broker=busOnly'], { URL_OF_MINE: nats.url });
    expect(diagnosis).toMatchObject({
      ok: false,
      findings: [{ severity: 'problem', what: expect.stringContaining('jetstream is false') as string }],
    });
    expect(lost(diagnosis)).toEqual(['a client comes back']);
    expect(Object.keys(diagnosis.roundTrips)).toEqual(['bus']);
  });

  it('says that streams in memory end with NATS', async () => {
    await using nats = await startNats();
    const diagnosis = await doctor.diagnosed(['--broker=inMemory'], { URL_OF_MINE: nats.url });
    expect(lost(diagnosis)).toEqual([RESTART]);
    expect(diagnosis.findings).toMatchObject([
      {
        severity: 'problem',
        what: expect.stringContaining('the stream rt_log_0 and 3 more are in memory') as string,
        remedy: expect.stringContaining("storage: 'file'") as string,
      },
    ]);
    // The nodes of this one use the streams as they are, and warn.
    const asFile = await doctor.diagnosed(['--broker=nats'], { NATS_URL: nats.url });
    expect(lost(asFile)).toEqual([RESTART]);
    expect(asFile.findings.map(({ severity }) => severity)).toContain('warning');
  });

  it('says that one server of a cluster is not enough', { timeout: 60_000 }, async () => {
    await using cluster = await startNatsCluster();
    const env = { URLS_OF_MINE: cluster.urls.join(',') };
    const one = await doctor.diagnosed(['--broker=oneOfThree'], env);
    expect(one).toMatchObject({
      ok: true,
      shape: 'a server of the cluster test',
      findings: [{ severity: 'warning', what: expect.stringContaining('on one server') as string }],
    });
    for (let partition = 0; partition < 2; partition++) {
      await cluster.nodes[0]!.request(`$JS.API.STREAM.DELETE.rt_log_${partition}`);
    }
    expect((await doctor.diagnosed(['--broker=three'], env)).ok).toBe(true);
  });

  it('says that it is too old', async () => {
    await using nats = await startNats();
    await using proxy = await startProxy(nats);
    claims(proxy, /("version":")\d\.\d/, '2.8');
    const diagnosis = await doctor.diagnosed(['--broker=nats'], { NATS_URL: proxy.url(nats.url) });
    expect(diagnosis).toMatchObject({ ok: false, findings: [{ severity: 'problem', remedy: 'Install 2.9 or newer' }] });
  });
});
