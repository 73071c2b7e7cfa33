import { memoryBroker } from '@rt/core';
import type { Broker } from '@rt/core';

/** A broker that keeps nothing: the memory broker's bus without its log. */
export function busOnly(broker: Broker = memoryBroker()): Broker {
  return {
    name: 'bus-only',
    start: (events) => broker.start(events),
    subscribe: (channel) => broker.subscribe(channel),
    unsubscribe: (channel) => broker.unsubscribe(channel),
    publish: (work) => broker.publish(work),
    health: () => broker.health(),
    close: () => broker.close(),
  };
}
