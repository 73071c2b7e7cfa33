import { RealtimeClient } from '@rt/client';
import type { SendResult } from '@rt/client';
import { RealtimeError } from '@rt/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Inbox } from '../hardening/inbox.ts';
import { randomName } from '../hardening/raw-client.ts';
import { startServer } from '../hardening/server.ts';
import { recordConnection, recordFrames, recordPublish, recordSubscription } from './attach.ts';
import { check } from './check.ts';
import { Recorder } from './recorder.ts';

describe('recordFrames', () => {
  it('records what the server says of a channel, in order', () => {
    const recorder = new Recorder();
    recordFrames(recorder, 'anna', [
      ['ready', 'connection', null, {}, 20_000],
      ['sub', 1, 'news', 'e.0.0', false],
      ['m', 'news', 'created', 'e.1.a', { title: 'one' }, ['id', 1_700_000_000_000, 'bob']],
      ['skip', 'news', 'e.2.b'],
      ['gap', 'news', 'limit', 'e.4.d'],
      ['unsub', 'news', 'FORBIDDEN'],
    ]);
    const about = { subscriber: 'anna', channel: 'news' };
    expect(recorder.recording.facts).toEqual([
      { what: 'confirmed', ...about, cursor: 'e.0.0', recovered: false },
      { what: 'delivered', ...about, cursor: 'e.1.a', id: 'id', text: '{"title":"one"}' },
      { what: 'skip', ...about, cursor: 'e.2.b' },
      { what: 'gap', ...about, reason: 'limit', cursor: 'e.4.d' },
      { what: 'ended', ...about },
    ]);
  });
});

describe('recordPublish', () => {
  it('records the answer and passes it on', async () => {
    const recorder = new Recorder();
    const publication = { channel: 'news', data: 1, by: 'anna' };
    const answer = recordPublish<SendResult>(recorder, publication, async () => ({ cursor: 'e.1.a' }));
    await expect(answer).resolves.toEqual({ cursor: 'e.1.a' });
    const refused = recordPublish(recorder, publication, () => Promise.reject(new RealtimeError('FORBIDDEN', 'No.')));
    await expect(refused).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(recorder.recording.facts).toMatchObject([
      { what: 'published', publish: 1, text: '1', by: 'anna' },
      { what: 'acknowledged', publish: 1, cursor: 'e.1.a' },
      { what: 'published', publish: 2 },
      { what: 'failed', publish: 2, code: 'FORBIDDEN' },
    ]);
  });
});

describe('recordSubscription and recordConnection', () => {
  it('record what a real client sees of a real server', async () => {
    const { realtime, url } = await startServer();
    const recorder = new Recorder();
    const client = new RealtimeClient(url);
    onTestFinished(() => client.close());
    recordConnection(recorder, 'anna', client);
    const channel = randomName();
    const subscription = client.subscribe(channel);
    recordSubscription(recorder, 'anna', subscription);
    const arrived = new Inbox<unknown>();
    subscription.onAny((_event, data) => arrived.push(data));
    await subscription.subscribed;
    for (const data of ['one', 'two']) {
      await recordPublish(recorder, { channel, data }, async () => {
        await realtime.broadcast(channel, 'created', data);
        return {};
      });
      await arrived.next('the message', (each) => each === data);
    }
    recorder.final('anna', channel);
    client.close();
    const { recording } = recorder;
    expect(check(recording)).toEqual([]);
    const seen = recording.facts.filter((fact) => 'subscriber' in fact && fact.what !== 'disconnected');
    expect(seen.map(({ what }) => what)).toEqual(['confirmed', 'delivered', 'delivered', 'final']);
    expect(recording.facts.at(-1)).toEqual({ what: 'disconnected', subscriber: 'anna' });
  });
});
