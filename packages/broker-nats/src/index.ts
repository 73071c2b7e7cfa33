/** The NATS broker of rt: messages between nodes, and a log over JetStream. See `docs/brokers/nats.md`. */
export { natsBroker } from './nats-broker.ts';
export type { NatsBrokerOptions } from './options.ts';
