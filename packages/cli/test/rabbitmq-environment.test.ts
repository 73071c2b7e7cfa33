import { describe, expect, it } from 'vitest';
import { rabbitmqEnvironment } from '../src/rabbitmq-environment.ts';

function refusal(env: Readonly<Record<string, string>>): string {
  try {
    rabbitmqEnvironment(env);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

describe('rabbitmqEnvironment', () => {
  it.each([
    [{}, {}],
    [{ RABBITMQ_HOST: '', RABBITMQ_URL: '' }, {}],
    [
      { RABBITMQ_HOST: 'h', RABBITMQ_PORT: '1', RABBITMQ_USER: 'u', RABBITMQ_PASSWORD: 'p', RABBITMQ_VHOST: '/v' },
      { host: 'h', port: 1, user: 'u', password: 'p', vhost: '/v' },
    ],
    [{ RABBITMQ_URL: 'amqp://u:p%25@h:1/v' }, { url: 'amqp://u:p%25@h:1/v' }],
    [
      { RABBITMQ_URL: 'amqp://h/v', RABBITMQ_USER: 'u', RABBITMQ_PASSWORD: 'p', RABBITMQ_VHOST: 'v' },
      { url: 'amqp://h/v', user: 'u', password: 'p', vhost: 'v' },
    ],
    [{ RABBITMQ_URL: 'amqp://a, amqps://b' }, { servers: ['amqp://a', 'amqps://b'] }],
    [
      {
        RABBITMQ_EXCHANGE: 'x',
        RABBITMQ_EXCHANGE_TYPE: 'fanout',
        RABBITMQ_PREFETCH_COUNT: '9',
        RABBITMQ_QUEUE_PREFIX: 'q.',
      },
      { exchange: 'x', exchangeType: 'fanout', prefetchCount: 9, queuePrefix: 'q.' },
    ],
    [
      {
        RABBITMQ_QUEUE_DURABLE: 'true',
        RABBITMQ_QUEUE_EXCLUSIVE: 'false',
        RABBITMQ_QUEUE_AUTO_DELETE: '0',
        RABBITMQ_PERSISTENT_MESSAGES: '1',
      },
      { durable: true, exclusive: false, autoDelete: false, persistentMessages: true },
    ],
  ])('reads %j', (env, options) => {
    expect(rabbitmqEnvironment(env).options).toEqual(options);
  });

  it.each([
    [{ RABBITMQ_URL: '127.0.0.1:5672' }, /^RABBITMQ_URL is no URL of a RabbitMQ: use amqp:\/\//],
    [{ RABBITMQ_URL: 'redis://secret@127.0.0.1' }, /^RABBITMQ_URL is no URL/],
    [{ RABBITMQ_URL: 'amqp://127.0.0.1/secret/more' }, /^RABBITMQ_URL is no URL/],
    [{ RABBITMQ_URL: 'amqp://a,secret' }, /^RABBITMQ_URL is no URL/],
    [{ RABBITMQ_URL: 'amqp://me:secret%@127.0.0.1' }, /^RABBITMQ_URL has a % /],
    [{ RABBITMQ_URL: 'amqp://a', RABBITMQ_HOST: 'b' }, /^RABBITMQ_URL and RABBITMQ_HOST contradict/],
    [{ RABBITMQ_URL: 'amqp://a', RABBITMQ_PORT: '1' }, /^RABBITMQ_URL and RABBITMQ_PORT contradict/],
    [
      { RABBITMQ_URL: 'amqp://me:secret@a', RABBITMQ_USER: 'me', RABBITMQ_PASSWORD: 'other secret' },
      /^RABBITMQ_URL and RABBITMQ_PASSWORD contradict/,
    ],
    [{ RABBITMQ_USER: 'me' }, /^RABBITMQ_USER and RABBITMQ_PASSWORD belong together/],
    [{ RABBITMQ_PORT: 'x' }, /^RABBITMQ_PORT is "x": use a whole number from 1 to 65535/],
    [{ RABBITMQ_PREFETCH_COUNT: '0' }, /^RABBITMQ_PREFETCH_COUNT is "0": use a whole number/],
    [{ RABBITMQ_EXCHANGE: 'amq.topic' }, /^RABBITMQ_EXCHANGE is "amq.topic": use/],
    [{ RABBITMQ_EXCHANGE_TYPE: 'headers' }, /^RABBITMQ_EXCHANGE_TYPE is "headers": use topic, direct, fanout/],
    [{ RABBITMQ_QUEUE_PREFIX: 'a b' }, /^RABBITMQ_QUEUE_PREFIX is "a b": use/],
    [{ RABBITMQ_QUEUE_DURABLE: 'yes' }, /^RABBITMQ_QUEUE_DURABLE is "yes": use true or false/],
  ])('refuses %j, without a secret', (env, line) => {
    expect(refusal(env)).toMatch(line);
    expect(refusal(env)).not.toContain('secret');
  });
});
