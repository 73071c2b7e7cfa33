/** What carries a message from one node to another. The first part is who, the second how. */
export const CONTENDERS = ['rt log', 'rt bus', 'ioredis log', 'ioredis bus', 'socket-io'] as const;
export type ContenderName = (typeof CONTENDERS)[number];

/** Bytes of one message's data, as it is published. */
export const DATA_BYTES = 150;

/** One channel's messages of one tick. */
export interface Part {
  readonly channel: string;
  readonly texts: readonly string[];
}

/** The node that publishes. */
export interface Sender {
  /** Publishes one tick's work, nothing awaited in between; resolves when all of it was accepted. */
  tick(work: readonly Part[]): Promise<unknown>;
}

/** Hears of what arrived at a subscriber's link on the other node: texts, each with one message in it. */
export type Arrived = (texts: readonly string[]) => void;

/** One way to bring messages from node to node. Both halves run in processes of their own. */
export interface Contender {
  sender(redisUrl: string): Promise<Sender>;
  /** Resolves when it hears `channels`. */
  receiver(redisUrl: string, channels: readonly string[], arrived: Arrived): Promise<void>;
}
