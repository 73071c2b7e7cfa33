/** The RabbitMQ broker of rt: messages between nodes, and a log over stream queues. See `docs/brokers/rabbitmq.md`. */
export { rabbitmqBroker } from './rabbitmq-broker.ts';
export type { RabbitmqBrokerOptions } from './options.ts';
