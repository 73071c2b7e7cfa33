/** What carries a message from one node to another, over each service. The first part is who, the second how. */
export const CONTENDERS = {
  redis: ['rt log', 'rt bus', 'bare log', 'bare bus', 'socket-io'],
  nats: ['rt log', 'rt bus', 'bare log', 'bare bus'],
  rabbitmq: ['rt log', 'rt bus', 'bare log', 'bare bus'],
} as const;
export type ServiceName = keyof typeof CONTENDERS;
export type ContenderName = (typeof CONTENDERS)[ServiceName][number];

/** A running service. */
export interface Service {
  readonly name: ServiceName;
  readonly url: string;
}

/** Bytes of one message's data, as it is published. */
export const DATA_BYTES = 150;

/** One channel's messages of one tick. */
export interface Part {
  readonly channel: string;
  readonly texts: readonly string[];
}

/** The node that publishes. What one turn of the event loop brings leaves together. */
export interface Sender {
  /** Publishes one message; resolves when it was accepted. */
  broadcast(channel: string, data: string): Promise<unknown>;
  /** The data of the newest message that a channel keeps. Only ours. */
  newest?(channel: string): Promise<unknown>;
}

/** Hears of what arrived at a subscriber's link on the other node: texts, each with one message in it. */
export type Arrived = (texts: readonly string[]) => void;

/** One way to bring messages from node to node. Both halves run in processes of their own. */
export interface Contender {
  sender(url: string): Promise<Sender>;
  /** Resolves when it hears `channels`. */
  receiver(url: string, channels: readonly string[], arrived: Arrived): Promise<void>;
}
