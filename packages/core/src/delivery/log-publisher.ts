import { formatCursor, RealtimeError } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import type { Clock } from '../contracts/clock.ts';
import type { Appended, Log, LogWork, NewEntry, Retention } from '../contracts/log.ts';
import type { Gate } from './gate.ts';
import type { Published } from './published.ts';
import type { PublisherServices } from './publisher.ts';
import type { Tick } from './tick.ts';

/** A message on its way into the log, and whoever waits for its place. One object, because there is one of each message. */
export class OutgoingEntry implements NewEntry {
  readonly text: string;
  readonly id: string | undefined;
  readonly except: string | undefined;
  readonly #messageId: string;
  #resolve: ((published: Published) => void) | undefined;
  #reject: ((error: RealtimeError) => void) | undefined;

  constructor(text: string, id: string | undefined, except: string | undefined, messageId: string) {
    this.text = text;
    this.id = id;
    this.except = except;
    this.#messageId = messageId;
  }

  /** Settles once, with the first of `placed` and `refused`. */
  settled(): Promise<Published> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  placed(at: Position): void {
    this.#resolve?.({ id: this.#messageId, cursor: formatCursor(at) });
  }

  refused(error: RealtimeError): void {
    this.#reject?.(error);
  }
}

interface ChannelBatch {
  readonly retention: Retention;
  readonly entries: OutgoingEntry[];
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
   * Resolves when the message has its place in the channel. Rejects with `DEADLINE` when the log did not answer in time
   * and with `BROKER_DOWN` when it refused.
   */
  append(channel: string, retention: Retention, entry: OutgoingEntry): Promise<Published> {
    if (this.#batch === undefined) {
      this.#batch = new Map();
      this.#tick.schedule();
    }
    const batch = this.#batch.get(channel);
    if (batch === undefined) this.#batch.set(channel, { retention, entries: [entry] });
    else batch.entries.push(entry);
    this.#length += entry.text.length;
    return entry.settled();
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
          for (const { entries } of batch.values()) settle(entries, places[index++]);
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

function settle(entries: readonly OutgoingEntry[], places: Appended | undefined): void {
  if (places instanceof RealtimeError) {
    for (const entry of entries) entry.refused(places);
    return;
  }
  entries.forEach((entry, index) => {
    const place = places?.[index];
    if (place === undefined)
      entry.refused(new RealtimeError('BROKER_DOWN', 'the log did not say where the message is'));
    else entry.placed(place);
  });
}

function rejectAll(batch: ReadonlyMap<string, ChannelBatch>, error: RealtimeError): void {
  for (const { entries } of batch.values()) for (const entry of entries) entry.refused(error);
}
