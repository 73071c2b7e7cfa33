import { RealtimeError } from '@rt/protocol';

/** Throws `TOO_LARGE` where a message has more than `most` bytes, for which NATS closes the connection. */
export function checkLength(message: string, most: number = Number.POSITIVE_INFINITY): void {
  if (message.length * 3 <= most || Buffer.byteLength(message) <= most) return;
  throw new RealtimeError('TOO_LARGE', `NATS takes messages of ${most} bytes at most: raise its max_payload`);
}
