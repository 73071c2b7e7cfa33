import type { CountingClient } from '../../fanout/audience.ts';
import type { RawClientEvents } from '../../fanout/raw-client.ts';

/** A client of one contender. */
export interface Client extends CountingClient {
  /** Sends `text` as it is, where that comes back; resolves with the microseconds until it was there, when more may be sent. */
  echo?(text: string): Promise<number>;
  /** Asks a method of the application for it instead. */
  call?(text: string): Promise<number>;
}

/** Connects a client. */
export type Connect = (port: number, events: RawClientEvents) => Client;

/** Waits for one answer after the other, and measures how long they took. */
export class Stopwatch {
  #startedAt = 0n;
  #answered: PromiseWithResolvers<number> | undefined;

  /** From now on; resolves with the microseconds until `stop`. */
  start(): Promise<number> {
    this.#answered = Promise.withResolvers<number>();
    this.#startedAt = process.hrtime.bigint();
    return this.#answered.promise;
  }

  stop(): void {
    this.#answered?.resolve(Number(process.hrtime.bigint() - this.#startedAt) / 1_000);
  }
}
