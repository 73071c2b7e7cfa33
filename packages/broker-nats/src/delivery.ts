import type { Msg } from '@nats-io/transport-node';

/** What NATS says about a message of a stream, in the subject that it is to be acknowledged at. */
export interface Delivery {
  readonly position: number;
  /** Its number among those that this consumer was sent, from 1 on. */
  readonly count: number;
  /** When it was stored, in milliseconds since 1970. */
  readonly at: number;
  /** How many more are stored behind it. */
  readonly pending: number;
}

/** `$JS.ACK.<stream>.<consumer>.<deliveries>.<position>.<count>.<nanoseconds>.<pending>`; newer servers: two more behind the second word. */
export function deliveryOf({ reply }: Msg): Delivery | undefined {
  const words = reply?.split('.') ?? [];
  if (words[0] !== '$JS' || words[1] !== 'ACK' || words.length < 9) return undefined;
  const first = words.length === 9 ? 5 : 7;
  const [position, count, nanos, pending] = [words[first], words[first + 1], words[first + 2], words[first + 3]];
  return {
    position: Number(position),
    count: Number(count),
    at: Math.floor(Number(nanos) / 1_000_000),
    pending: Number(pending),
  };
}

/** What a message of no stream says: that the connection lives, and how many messages were sent before it. */
export interface Heartbeat {
  /** Absent where it asks for an answer only. */
  readonly count: number | undefined;
  /** Where to answer, so that more is sent. */
  readonly answerTo: string | undefined;
}

/** The heartbeat that a message is, if it is one. */
export function heartbeatOf({ headers, reply }: Msg): Heartbeat | undefined {
  if (headers?.code !== 100) return undefined;
  const count = headers.get('Nats-Last-Consumer');
  const stalled = headers.get('Nats-Consumer-Stalled');
  return {
    count: count === '' ? undefined : Number(count),
    answerTo: stalled === '' ? (reply === '' ? undefined : reply) : stalled,
  };
}
