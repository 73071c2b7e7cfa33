import { memoryBroker, PartitionLog } from '@rt/core';
import type { Broker, Clock, MemoryBus } from '@rt/core';
import { MemoryPartition } from './memory-partition.ts';
import type { MemoryOrder } from './memory-partition.ts';

/** What the nodes of one `partitionBroker` share. */
export interface Shared {
  readonly bus: MemoryBus;
  readonly orders: readonly MemoryOrder[];
  readonly clock?: Clock;
  /** Whether the partitions can be asked for their head. Default true. */
  readonly knowsHead?: boolean;
}

/** A memory broker whose log is a `PartitionLog`. */
export function partitionBroker({ bus, orders, clock, knowsHead = true }: Shared): Broker {
  const memory = memoryBroker({ bus });
  const partitions = orders.map((order) => new MemoryPartition(order, knowsHead));
  const log = new PartitionLog(partitions, { clock });
  return {
    name: 'partitions',
    log,
    start: async (events) => {
      await memory.start(events);
      await log.start();
    },
    subscribe: (channel) => memory.subscribe(channel),
    unsubscribe: (channel) => memory.unsubscribe(channel),
    publish: (work) => memory.publish(work),
    health: () => memory.health(),
    close: async () => {
      log.close();
      await memory.close();
    },
  };
}
