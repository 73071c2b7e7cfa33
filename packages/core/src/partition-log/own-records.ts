import { RealtimeError } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import { afterSending } from '../brokers/deadline.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Partition } from './partition.ts';
import { encodeRecord } from './record.ts';

/** Time for a record to come back. */
export const READ_BACK_MS = 5_000;

type Outcome = readonly Position[] | RealtimeError;

/** The records that this node appended to one partition and did not read back yet. */
export class OwnRecords {
  readonly #partition: Partition;
  readonly #clock: Clock;
  readonly #writer: string;
  readonly #waiting = new Map<number, (outcome: Outcome) => void>();
  #number = 0;

  constructor(partition: Partition, clock: Clock, writer: string) {
    this.#partition = partition;
    this.#clock = clock;
    this.#writer = writer;
  }

  /** Appends a record. Answers the places of its entries when it was read back, or why that is not known. Never rejects. */
  append(body: string): Promise<Outcome> {
    const number = ++this.#number;
    return new Promise((resolve) => {
      const end = afterSending(this.#clock, READ_BACK_MS, () =>
        this.#settle(number, new RealtimeError('OUTCOME_UNKNOWN', `not read back within ${READ_BACK_MS} ms`)),
      );
      this.#waiting.set(number, (outcome) => {
        end();
        resolve(outcome);
      });
      this.#partition.append(encodeRecord(this.#writer, number, body)).catch((error: unknown) => {
        const refusal =
          error instanceof RealtimeError
            ? error
            : new RealtimeError('OUTCOME_UNKNOWN', 'the partition failed', { cause: error });
        // Where it may have been stored, it may still be read back.
        if (refusal.code !== 'OUTCOME_UNKNOWN') this.#settle(number, refusal);
      });
    });
  }

  /** A record of `writer` was read. */
  readBack(writer: string, number: number, places: readonly Position[]): void {
    if (writer === this.#writer) this.#settle(number, places);
  }

  /** Whether the places of a record are waited for. */
  waitsFor(writer: string, number: number): boolean {
    return writer === this.#writer && this.#waiting.has(number);
  }

  close(): void {
    for (const number of this.#waiting.keys()) {
      this.#settle(number, new RealtimeError('OUTCOME_UNKNOWN', 'the broker was closed'));
    }
  }

  #settle(number: number, outcome: Outcome): void {
    const settle = this.#waiting.get(number);
    this.#waiting.delete(number);
    settle?.(outcome);
  }
}
