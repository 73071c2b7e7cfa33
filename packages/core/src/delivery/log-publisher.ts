import { formatCursor, RealtimeError } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import type { Clock } from '../contracts/clock.ts';
import type { Appended, Log, LogWork, NewEntry, Retention } from '../contracts/log.ts';
import type { Gate } from './gate.ts';
import type { Published } from './published.ts';
import type { PublisherServices } from './publisher.ts';
import type { Tick } from './tick.ts';

/** A message on its way into the log. */
export class OutgoingEntry implements NewEntry {
  readonly text: string;
  readonly id: string | undefined;
  readonly except: string | undefined;
  readonly #messageId: string;
  /** Its place, or why it has none; known once its tick's work is done. */
  outcome: Position | RealtimeError | undefined;

  constructor(text: string, id: string | undefined, except: string | undefined, messageId: string) {
    this.text = text;
    this.id = id;
    this.except = except;
    this.#messageId = messageId;
  }

  /** Throws where it was refused. */
  published(): Published {
    const { outcome } = this;
    if (outcome instanceof RealtimeError) throw outcome;
    if (outcome === undefined) throw new RealtimeError('BROKER_DOWN', 'the log did not say where the message is');
    return { id: this.#messageId, cursor: formatCursor(outcome) };
  }
}

interface ChannelBatch {
  readonly retention: Retention;
  readonly entries: OutgoingEntry[];
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
   * Resolves when the message has its place in the channel. Rejects with `DEADLINE` when the log did not answer in time
   * and with `BROKER_DOWN` when it refused.
   */
  append(channel: string, retention: Retention, entry: OutgoingEntry): Promise<Published> {
    if (this.#batch === undefined) {
      this.#batch = { channels: new Map(), done: Promise.withResolvers(), length: 0 };
      this.#tick.schedule();
    }
    const { channels, done } = this.#batch;
    const batch = channels.get(channel);
    if (batch === undefined) channels.set(channel, { retention, entries: [entry] });
    else batch.entries.push(entry);
    this.#batch.length += entry.text.length;
    return done.promise.then(() => entry.published());
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
    const work = Array.from(channels, ([channel, { entries, retention }]): LogWork => ({
      channel,
      entries,
      retention,
    }));
    // The message leaves first: a timer is dear in a process that was idle.
    const appended = this.#log.append(work);
    const late = (): void =>
      done.reject(new RealtimeError('DEADLINE', `the log did not take the message within ${this.#timeoutMs} ms`));
    const cancel = this.#clock.after(deadline - this.#clock.now(), late, true);
    appended
      .then(
        (outcomes) => {
          let index = 0;
          for (const { entries } of channels.values()) settle(entries, outcomes[index++]);
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

function settle(entries: readonly OutgoingEntry[], appended: Appended | undefined): void {
  const isRefused = appended instanceof RealtimeError;
  let index = 0;
  for (const entry of entries) entry.outcome = isRefused ? appended : appended?.[index++];
}
