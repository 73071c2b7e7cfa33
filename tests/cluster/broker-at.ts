import { natsBroker } from '@rt/broker-nats';
import { rabbitmqBroker } from '@rt/broker-rabbitmq';
import { redisBroker } from '@rt/broker-redis';
import type { Broker } from '@rt/core';

/** A new node's broker at a server, of the kind that the scheme of its URL says. */
export function brokerAt(url: string, namespace?: string): Broker {
  const options = { url, ...(namespace === undefined ? {} : { namespace }) };
  const { protocol } = new URL(url);
  switch (protocol) {
    case 'redis:':
      return redisBroker(options);
    case 'nats:':
      return natsBroker(options);
    case 'amqp:':
      return rabbitmqBroker(options);
    default:
      throw new Error(`no broker is known for ${protocol}`);
  }
}
