import { RealtimeError } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import type { Clock } from '../contracts/clock.ts';
import type { Appended, Log, LogWork, NewEntry, Retention } from '../contracts/log.ts';
import type { Gate } from './gate.ts';
import type { PublisherServices } from './publisher.ts';
import type { Tick } from './tick.ts';

/** Whoever published an entry, until its place is known. */
interface Waiting {
  readonly resolve: (position: Position) => void;
  readonly reject: (error: RealtimeError) => void;
}

interface ChannelBatch {
  readonly retention: Retention;
  readonly entries: NewEntry[];
  readonly waiting: Waiting[];
}

/** Collects what is published in one tick to channels with history, and appends it in one call. */
export class LogPublisher {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #tick: Tick;
  readonly #gate: Gate;
  #batch: Map<string, ChannelBatch> | undefined;
  /** Characters in `#batch`. */
  #length = 0;

  constructor(log: Log, { clock, timeoutMs, tick, gate }: PublisherServices) {
    this.#log = log;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#tick = tick;
    this.#gate = gate;
    tick.addStage(() => this.#flush());
  }

  /**
   * Resolves with the message's place in the channel. Rejects with `DEADLINE` when the log did not answer in time
   * and with `BROKER_DOWN` when it refused.
   */
  append(channel: string, entry: NewEntry, retention: Retention): Promise<Position> {
    if (this.#batch === undefined) {
      this.#batch = new Map();
      this.#tick.schedule();
    }
    let batch = this.#batch.get(channel);
    if (batch === undefined) {
      batch = { retention, entries: [], waiting: [] };
      this.#batch.set(channel, batch);
    }
    batch.entries.push(entry);
    this.#length += entry.text.length;
    const { waiting } = batch;
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  }

  #flush(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    const length = this.#length;
    this.#batch = undefined;
    this.#length = 0;
    const deadline = this.#clock.now() + this.#timeoutMs;
    this.#gate.pass({
      length,
      send: () => this.#send(batch, deadline),
      refuse: (error) => rejectAll(batch, error),
    });
  }

  #send(batch: ReadonlyMap<string, ChannelBatch>, deadline: number): void {
    const cancel = this.#clock.after(deadline - this.#clock.now(), () =>
      rejectAll(batch, new RealtimeError('DEADLINE', `the log did not take the message within ${this.#timeoutMs} ms`)),
    );
    const work = Array.from(batch, ([channel, { entries, retention }]): LogWork => ({ channel, entries, retention }));
    this.#log
      .append(work)
      .then(
        (places) => {
          let index = 0;
          for (const { waiting } of batch.values()) settle(waiting, places[index++]);
        },
        (cause: unknown) =>
          rejectAll(
            batch,
            cause instanceof RealtimeError
              ? cause
              : new RealtimeError('BROKER_DOWN', 'the log refused the message', { cause }),
          ),
      )
      .finally(cancel);
  }
}

function settle(waiting: readonly Waiting[], places: Appended | undefined): void {
  if (places instanceof RealtimeError) {
    for (const { reject } of waiting) reject(places);
    return;
  }
  waiting.forEach(({ resolve, reject }, index) => {
    const place = places?.[index];
    if (place === undefined) reject(new RealtimeError('BROKER_DOWN', 'the log did not say where the message is'));
    else resolve(place);
  });
}

function rejectAll(batch: ReadonlyMap<string, ChannelBatch>, error: RealtimeError): void {
  for (const { waiting } of batch.values()) for (const { reject } of waiting) reject(error);
}
