import { RealtimeError } from '@rt/protocol';
import { describe, expect, it } from 'vitest';
import { natsBroker } from '../src/index.ts';

function refusal(options: object): string {
  try {
    natsBroker(options);
  } catch (error) {
    if (error instanceof RealtimeError && error.code === 'BAD_OPTION') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('natsBroker', () => {
  it.each([
    {},
    { url: 'nats://127.0.0.1' },
    { url: 'tls://me:secret@host:4223' },
    { servers: ['nats://a', 'nats://b:1'], user: 'u', password: 'p', tls: { caFile: 'ca.pem' } },
    { credentials: 'my.creds', replicas: 3, storage: 'memory', partitions: 8, namespace: 'a-b_C1' },
    { jetstream: false, token: 't' },
  ])('takes %j', (options) => {
    expect(refusal(options)).toBe('accepted');
  });

  it.each([
    [{ urls: 'nats://x' }, 'there is no option urls'],
    [{ constructor: 1 }, 'there is no option constructor'],
    [{ url: 'redis://x' }, 'url must be'],
    [{ url: 'nats://x/path' }, 'url must be'],
    [{ servers: [] }, 'servers must be'],
    [{ servers: ['x'] }, 'servers must be'],
    [{ url: 'nats://x', servers: ['nats://y'] }, 'of url and servers only one'],
    [{ user: 'u' }, 'user and password belong together'],
    [{ user: 'u', password: 'p', token: 't' }, 'of user and token only one'],
    [{ namespace: 'a.b' }, 'namespace is "a.b", must be'],
    [{ namespace: '' }, 'namespace is "", must be'],
    [{ partitions: 0 }, 'partitions is 0, must be'],
    [{ replicas: 1.5 }, 'replicas is 1.5, must be'],
    [{ storage: 'disk' }, 'storage is "disk", must be'],
    [{ retentionMs: 86_400_001 }, 'retentionMs is 86400001, must be'],
    [{ maxLogBytes: -1 }, 'maxLogBytes is -1, must be'],
    [{ connect: 'x' }, 'connect is "x", must be'],
  ])('refuses %j', (options, reason) => {
    expect(refusal(options)).toContain(reason);
  });

  it('shows no secret', () => {
    for (const options of [
      { url: 'x://me:secret@host' },
      { password: 7, user: 'x' },
      { token: ['secret'] },
      { tls: 'secret' },
    ]) {
      expect(refusal(options)).not.toMatch(/secret|7/);
    }
  });
});
