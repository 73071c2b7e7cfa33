import { RealtimeError } from '@rt/protocol';
import { describe, expect, it } from 'vitest';
import { rabbitmqBroker } from '../src/index.ts';

function refusal(options: object): string {
  try {
    rabbitmqBroker(options);
  } catch (error) {
    if (error instanceof RealtimeError && error.code === 'BAD_OPTION') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('rabbitmqBroker', () => {
  it.each([
    {},
    { url: 'amqp://127.0.0.1' },
    { url: 'amqps://me:secret@host:5673/shop' },
    { url: 'amqp://me:s%25cret@[::1]/%2fshop' },
    { servers: ['amqp://a', 'amqps://b:1/x'], user: 'u', password: 'p', tls: { ca: 'x' } },
    { host: 'h', port: 1, vhost: '/shop', heartbeatSeconds: 30, exchange: 'my.exchange', exchangeType: 'direct' },
    { prefetchCount: 1, queuePrefix: 'a.b-', durable: true, exclusive: false, autoDelete: false },
    { persistentMessages: true, partitions: 64, namespace: 'a-b_C1', streams: false, maxStreamBytes: 1e9 },
  ])('takes %j', (options) => {
    expect(refusal(options)).toBe('accepted');
  });

  it.each([
    [{ urls: 'amqp://x' }, 'there is no option urls'],
    [{ constructor: 1 }, 'there is no option constructor'],
    [{ url: 'redis://x' }, 'url must be'],
    [{ url: 'amqp://x/a/b' }, 'url must be'],
    [{ url: 'amqp://me:50%@x' }, 'url must be'],
    [{ servers: [] }, 'servers must be'],
    [{ servers: ['x'] }, 'servers must be'],
    [{ url: 'amqp://x', servers: ['amqp://y'] }, 'of url and servers only one'],
    [{ url: 'amqp://x', port: 1 }, 'of url and port only one'],
    [{ host: 'x', connect: () => undefined }, 'of host and connect only one'],
    [{ user: 'u' }, 'user and password belong together'],
    [{ port: 0 }, 'port is 0, must be'],
    [{ vhost: '' }, 'vhost is "", must be'],
    [{ exchange: 'amq.topic' }, 'exchange is "amq.topic", must be'],
    [{ exchange: 'a b' }, 'exchange is "a b", must be'],
    [{ exchangeType: 'headers' }, 'exchangeType is "headers", must be topic, direct or fanout'],
    [{ prefetchCount: 0 }, 'prefetchCount is 0, must be'],
    [{ queuePrefix: 'amq.x' }, 'queuePrefix is "amq.x", must be'],
    [{ durable: 1 }, 'durable is 1, must be true or false'],
    [{ exclusive: 'no' }, 'exclusive is "no", must be'],
    [{ autoDelete: null }, 'autoDelete is null, must be'],
    [{ persistentMessages: 0 }, 'persistentMessages is 0, must be'],
    [{ heartbeatSeconds: 0.5 }, 'heartbeatSeconds is 0.5, must be'],
    [{ namespace: 'a.b' }, 'namespace is "a.b", must be'],
    [{ namespace: '#' }, 'namespace is "#", must be'],
    [{ partitions: 0 }, 'partitions is 0, must be'],
    [{ streams: 'yes' }, 'streams is "yes", must be'],
    [{ retentionMs: 86_400_001 }, 'retentionMs is 86400001, must be'],
    [{ maxStreamBytes: 1 }, 'maxStreamBytes is 1, must be'],
    [{ maxLogBytes: -1 }, 'maxLogBytes is -1, must be'],
    [{ connect: 'x' }, 'connect is "x", must be'],
  ])('refuses %j', (options, reason) => {
    expect(refusal(options)).toContain(reason);
  });

  it('shows no secret', () => {
    for (const options of [
      { url: 'x://me:secret@host' },
      { servers: ['x://me:secret@host'] },
      { password: 7, user: 'x' },
      { tls: 'secret' },
    ]) {
      expect(refusal(options)).not.toMatch(/secret|7/);
    }
  });
});
