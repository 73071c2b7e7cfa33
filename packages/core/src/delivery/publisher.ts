import { RealtimeError } from '@rt/protocol';
import type { Broker } from '../contracts/broker.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Tick } from './tick.ts';

/** What this tick's publishers wait for, together: the broker takes a tick's work whole or not at all. */
interface Batch {
  readonly work: Map<string, string[]>;
  readonly settled: PromiseWithResolvers<void>;
}

/** Collects what is published in one tick and hands it to the broker in one call. */
export class Publisher {
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #tick: Tick;
  #batch: Batch | undefined;

  constructor(broker: Broker, clock: Clock, timeoutMs: number, tick: Tick) {
    this.#broker = broker;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#tick = tick;
    tick.addStage(() => this.#flush());
  }

  /**
   * Resolves when the broker has accepted `text`. Rejects with `DEADLINE` when it did not answer in time and with
   * `BROKER_DOWN` when it refused.
   */
  publish(channel: string, text: string): Promise<void> {
    if (this.#batch === undefined) {
      this.#batch = { work: new Map(), settled: Promise.withResolvers() };
      this.#tick.schedule();
    }
    const texts = this.#batch.work.get(channel);
    if (texts === undefined) this.#batch.work.set(channel, [text]);
    else texts.push(text);
    return this.#batch.settled.promise;
  }

  #flush(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    const { resolve, reject } = batch.settled;
    const cancel = this.#clock.after(this.#timeoutMs, () =>
      reject(
        new RealtimeError(
          'DEADLINE',
          `the broker ${this.#broker.name} did not accept the message within ${this.#timeoutMs} ms`,
        ),
      ),
    );
    const work = Array.from(batch.work, ([channel, texts]) => ({ channel, texts }));
    this.#broker
      .publish(work)
      .then(resolve, (error: unknown) => {
        reject(
          error instanceof RealtimeError
            ? error
            : new RealtimeError('BROKER_DOWN', `the broker ${this.#broker.name} refused the message`, { cause: error }),
        );
      })
      .finally(cancel);
  }
}
