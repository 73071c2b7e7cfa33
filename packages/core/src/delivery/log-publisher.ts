import { formatCursor, RealtimeError } from '@rt/protocol';
import type { Clock } from '../contracts/clock.ts';
import type { Appended, Log, LogWork, NewEntry, Retention } from '../contracts/log.ts';
import type { Gate } from './gate.ts';
import type { Published } from './published.ts';
import type { PublisherServices } from './publisher.ts';
import type { Tick } from './tick.ts';

/** What one tick brings for one channel. */
interface ChannelBatch {
  readonly retention: Retention;
  /** Let go of once they are handed on: what waits for an answer should be little. */
  entries: NewEntry[];
  /** What became of them, once that is known. */
  appended: Appended | undefined;
}

/** One tick's work. Who published waits for all of it, and then looks at what became of the own message. */
interface Batch {
  readonly channels: Map<string, ChannelBatch>;
  readonly done: PromiseWithResolvers<void>;
  /** Characters of all texts. */
  length: number;
}

/** Collects what is published in one tick to channels with history, and appends it in one call. */
export class LogPublisher {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #tick: Tick;
  readonly #gate: Gate;
  #batch: Batch | undefined;

  constructor(log: Log, { clock, timeoutMs, tick, gate }: PublisherServices) {
    this.#log = log;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#tick = tick;
    this.#gate = gate;
    tick.addStage(() => this.#flush());
  }

  /**
   * Resolves when the message, whose id is `id`, has its place in the channel. Rejects with `DEADLINE` when the log did not answer in
   * time and with `BROKER_DOWN` when it refused.
   */
  append(channel: string, retention: Retention, entry: NewEntry, id: string): Promise<Published> {
    if (this.#batch === undefined) {
      this.#batch = { channels: new Map(), done: Promise.withResolvers(), length: 0 };
      this.#tick.schedule();
    }
    const { channels, done } = this.#batch;
    let batch = channels.get(channel);
    if (batch === undefined) channels.set(channel, (batch = { retention, entries: [], appended: undefined }));
    const index = batch.entries.push(entry) - 1;
    this.#batch.length += entry.text.length;
    return done.promise.then(() => published(id, batch.appended, index));
  }

  #flush(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    const deadline = this.#clock.now() + this.#timeoutMs;
    this.#gate.pass({
      length: batch.length,
      isAwaited: true,
      send: () => this.#send(batch, deadline),
      refuse: (error) => batch.done.reject(error),
    });
  }

  #send({ channels, done }: Batch, deadline: number): void {
    const work = Array.from(channels, ([channel, batch]): LogWork => {
      const { entries, retention } = batch;
      batch.entries = [];
      return { channel, entries, retention };
    });
    // The message leaves first: a timer is dear in a process that was idle.
    const appended = this.#log.append(work);
    const late = (): void =>
      done.reject(new RealtimeError('DEADLINE', `the log did not take the message within ${this.#timeoutMs} ms`));
    const cancel = this.#clock.after(deadline - this.#clock.now(), late, true);
    appended
      .then(
        (outcomes) => {
          let index = 0;
          for (const batch of channels.values()) batch.appended = outcomes[index++];
          done.resolve();
        },
        (cause: unknown) =>
          done.reject(
            cause instanceof RealtimeError
              ? cause
              : new RealtimeError('BROKER_DOWN', 'the log refused the message', { cause }),
          ),
      )
      .finally(cancel);
  }
}

/** What became of the message `id`, which is the entry `index` of its channel's. Throws where it was refused. */
function published(id: string, appended: Appended | undefined, index: number): Published {
  if (appended instanceof RealtimeError) throw appended;
  const place = appended?.[index];
  if (place === undefined) throw new RealtimeError('BROKER_DOWN', 'the log did not say where the message is');
  return { id, cursor: formatCursor(place) };
}
