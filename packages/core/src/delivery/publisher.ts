import { RealtimeError } from '@rt/protocol';
import type { Broker } from '../contracts/broker.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Gate } from './gate.ts';
import type { Tick } from './tick.ts';

/** What this tick's publishers wait for, together: the broker takes a tick's work whole or not at all. */
interface Batch {
  readonly work: Map<string, string[]>;
  length: number;
  /** Somebody waits for what becomes of it. */
  isAwaited: boolean;
  readonly settled: PromiseWithResolvers<void>;
}

/** What publishing to the bus or to the log needs. `timeoutMs` is the time in which every publish settles. */
export interface PublisherServices {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly tick: Tick;
  readonly gate: Gate;
}

/** Collects what is published in one tick and hands it to the broker in one call. */
export class Publisher {
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #tick: Tick;
  readonly #gate: Gate;
  #batch: Batch | undefined;

  constructor(broker: Broker, { clock, timeoutMs, tick, gate }: PublisherServices) {
    this.#broker = broker;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#tick = tick;
    this.#gate = gate;
    tick.addStage(() => this.#flush());
  }

  /**
   * Resolves when the broker has accepted `text`. Rejects with `DEADLINE` when it did not answer in time and with
   * `BROKER_DOWN` when it refused. `isAwaited` keeps the process alive until then.
   */
  publish(channel: string, text: string, isAwaited = true): Promise<void> {
    if (this.#batch === undefined) {
      this.#batch = { work: new Map(), length: 0, isAwaited, settled: Promise.withResolvers() };
      this.#tick.schedule();
    }
    this.#batch.length += text.length;
    this.#batch.isAwaited ||= isAwaited;
    const texts = this.#batch.work.get(channel);
    if (texts === undefined) this.#batch.work.set(channel, [text]);
    else texts.push(text);
    return this.#batch.settled.promise;
  }

  #flush(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    const deadline = this.#clock.now() + this.#timeoutMs;
    this.#gate.pass({
      length: batch.length,
      isAwaited: batch.isAwaited,
      send: () => this.#send(batch, deadline),
      refuse: (error) => batch.settled.reject(error),
    });
  }

  #send(batch: Batch, deadline: number): void {
    const { resolve, reject } = batch.settled;
    const work = Array.from(batch.work, ([channel, texts]) => ({ channel, texts }));
    // The message leaves first: a timer is dear in a process that was idle.
    const published = this.#broker.publish(work);
    const late = (): void => {
      const message = `the broker ${this.#broker.name} did not accept the message within ${this.#timeoutMs} ms`;
      reject(new RealtimeError('DEADLINE', message));
    };
    const cancel = this.#clock.after(deadline - this.#clock.now(), late, batch.isAwaited);
    published
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
