import type { Broker, BrokerHealth } from '@rt/core';

/**
 * Takes every message and brings it to nobody: for a server that must run but stay silent. It keeps none, and reaches no other
 * node. What needs no broker (connections, authorizers, handlers, presence, messages to one connection) goes on.
 */
export function nullBroker(): Broker {
  return new NullBroker();
}

class NullBroker implements Broker {
  readonly name = 'null';
  readonly isAlone = true;

  async start(): Promise<void> {
    // There is nothing to connect to.
  }

  async subscribe(): Promise<void> {
    // Nothing ever comes.
  }

  async unsubscribe(): Promise<void> {
    // As above.
  }

  async publish(): Promise<void> {
    // Taken, and gone.
  }

  health(): BrokerHealth {
    return { state: 'up' };
  }

  async close(): Promise<void> {
    // Nothing was opened.
  }
}
