import { expect } from 'vitest';
import type { FrameClient } from './frame-client.ts';
import { postBroadcast } from './server.ts';
import type { HonestClient } from './server.ts';

const TAG = 6;

/** The data of message `index`: its number, then filling. */
function dataAt(index: number, bytes: number): string {
  return String(index).padStart(TAG, '0') + 'x'.repeat(bytes - TAG);
}

/** Publishes messages `from` to `to` (exclusive) over the HTTP API, a few at a time, in order. */
export async function publishMany(
  port: number,
  channel: string,
  { from, to, bytes }: { readonly from: number; readonly to: number; readonly bytes: number },
): Promise<void> {
  for (let index = from; index < to; index++) {
    const body = JSON.stringify({ channel, event: 'big', data: dataAt(index, bytes) });
    expect((await postBroadcast(port, body)).status).toBe(200);
  }
}

/** What one client got of a channel, in order: the number of each message, and where a gap was told. */
export class Account {
  #next: number;
  #isGap = false;
  gaps = 0;

  constructor(next = 0) {
    this.#next = next;
  }

  /** Takes everything that is there; fails where a message is missing, double or out of order and no gap says so. */
  take(client: FrameClient, channel: string): void {
    for (const frame of client.received.takeAll()) {
      if (frame[1] !== channel) continue;
      if (frame[0] === 'gap') {
        this.#isGap = true;
        this.gaps++;
      } else if (frame[0] === 'm') {
        const index = Number(String(frame[4]).slice(0, TAG));
        if (this.#isGap) expect(index).toBeGreaterThanOrEqual(this.#next);
        else expect(index, 'the next message without a gap before it').toBe(this.#next);
        this.#next = index + 1;
        this.#isGap = false;
      }
    }
  }

  /** The number of the message that comes next. */
  get next(): number {
    return this.#next;
  }
}

/** The honest client goes on for `ms` and notices nothing. */
export async function honestFor(honest: HonestClient, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) expect(await honest.latencyMs()).toBeLessThan(3_000);
}
