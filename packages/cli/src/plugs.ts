import { memoryBroker } from '@rt/core';
import type { Broker, Transport } from '@rt/core';
import { websocket } from '@rt/transport-ws';
import { usageError } from './command-error.ts';

/** A transport that this version has by name. */
export type NamedTransport = 'websocket';

/** A broker that this version has by name. `null`: none beyond this process, which is what `memory` is. */
export type BrokerName = 'memory' | 'null';

const TRANSPORTS: ReadonlyMap<string, () => Transport> = new Map([['websocket', websocket]]);
const BROKERS: ReadonlyMap<string, () => Broker> = new Map([
  ['memory', memoryBroker],
  ['null', memoryBroker],
]);
/** Named in the guide, so people try them. */
const LATER: ReadonlySet<string> = new Set(['sse', 'longpolling', 'redis', 'rabbitmq', 'nats']);

/** Makes a transport by name. `from` (a file and colon, or nothing) begins the error for a name that is none. */
export function namedTransport(name: string, from = ''): Transport {
  const create = TRANSPORTS.get(name);
  if (create !== undefined) return create();
  if (name === 'memory') {
    throw usageError(`${from}the transport "memory" has no listener, nobody could connect: use ${listed(TRANSPORTS)}`);
  }
  throw unknownPlug('transport', name, { from, known: TRANSPORTS });
}

/** Makes a broker by name. `from` as for transports. */
export function namedBroker(name: string, from = ''): Broker {
  const create = BROKERS.get(name);
  if (create !== undefined) return create();
  throw unknownPlug('broker', name, { from, known: BROKERS });
}

function unknownPlug(
  kind: string,
  name: string,
  { from, known }: { from: string; known: ReadonlyMap<string, unknown> },
) {
  const problem = LATER.has(name) ? `the ${kind} "${name}" is not in this version` : `there is no ${kind} "${name}"`;
  return usageError(`${from}${problem}: use ${listed(known)}`);
}

function listed(known: ReadonlyMap<string, unknown>): string {
  return [...known.keys()].join(' or ');
}
