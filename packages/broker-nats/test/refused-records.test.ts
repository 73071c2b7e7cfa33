import { describe, expect, it } from 'vitest';
import { startNats } from '../../../tests/servers/nats.ts';
import { TestNode } from './node.ts';

/** Less than what an answer may take: a refusal must not be found out by waiting. */
const SOON_MS = 2_500;
/** Of two partitions, both have some of these. */
const CHANNELS = Array.from({ length: 16 }, (_, index) => `channel-${index}`);

describe.concurrent('a record that NATS does not store is refused at once', () => {
  it('where the user may not publish it, and the others are stored', async () => {
    const permissions = '{ publish: { deny: ["rt.log.0"] } }';
    const config = `authorization { users: [{ user: "me", password: "secret", permissions: ${permissions} }] }`;
    await using nats = await startNats({ config });
    await using node = await TestNode.start({ url: nats.url.replace('//', '//me:secret@'), partitions: 2 });
    const began = performance.now();
    const outcomes = await Promise.allSettled(CHANNELS.map((channel) => node.append(channel, [`to ${channel}`])));
    expect(performance.now() - began).toBeLessThan(SOON_MS);
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(CHANNELS.length);
    const expected = { code: 'BROKER_DOWN', message: expect.stringMatching(/permissions violation/i) as string };
    expect(refused).toMatchObject(refused.map(() => expected));
  });

  it('where its stream is gone', async () => {
    await using nats = await startNats();
    await using node = await TestNode.start({ url: nats.url, partitions: 1 });
    await node.append('news', ['before']);
    await nats.request('$JS.API.STREAM.DELETE.rt_log_0');
    const began = performance.now();
    await expect(node.append('news', ['lost'])).rejects.toMatchObject({ code: 'BROKER_DOWN' });
    expect(performance.now() - began).toBeLessThan(SOON_MS);
  });
});
