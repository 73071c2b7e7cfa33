import { describe, expect, it } from 'vitest';
import { startNats, startNatsCluster } from './nats.ts';
import { until } from './until.ts';

interface StreamAnswer {
  readonly error?: { readonly description: string };
  readonly state?: { readonly messages: number };
}

const config = (name: string, replicas: number): string =>
  JSON.stringify({ name, subjects: [`${name}.>`], num_replicas: replicas, storage: 'file' });

describe('startNats', () => {
  it('keeps what JetStream acknowledged over a kill and a restart', async () => {
    await using nats = await startNats();
    await nats.request('$JS.API.STREAM.CREATE.kept', config('kept', 1));
    await nats.publish('kept.x', 'text');
    await nats.kill();
    expect(nats.running).toBe(false);
    await nats.restart();
    await until('the text is there', async () => {
      const { state } = (await nats.request('$JS.API.STREAM.INFO.kept')) as StreamAnswer;
      return state?.messages === 1;
    });
  });

  it('asks for a password, and has no JetStream, where told so', async () => {
    await using nats = await startNats({ jetstream: false, user: 'me', password: 'secret' });
    await nats.publish('x', 'text');
    expect(nats.url).toBe(`nats://me:secret@127.0.0.1:${nats.port}`);
  });
});

describe('startNatsCluster', () => {
  it('finds the leader of a stream, and another one when that is killed', async () => {
    await using cluster = await startNatsCluster();
    await cluster.nodes[0]!.request('$JS.API.STREAM.CREATE.three', config('three', 3));
    const leader = await cluster.leaderOf('three');
    await leader.kill();
    await until('there is another leader', async () => {
      const next = await cluster.leaderOf('three');
      return next !== undefined && next !== leader;
    });
  });
});
