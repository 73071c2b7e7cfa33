import { cursorSuffix, formatCursor, MAX_LINES, MessageLines, RealtimeError } from '@rt/protocol';
import type { MessageNames } from '@rt/protocol';
import { afterSending } from '../brokers/deadline.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Appended, Log, LogWork, NewEntry, Retention } from '../contracts/log.ts';
import type { Gate } from './gate.ts';
import type { MessageIds } from './message-ids.ts';
import type { OutgoingMessage } from './messages.ts';
import type { Published } from './published.ts';
import type { PublisherServices } from './publisher.ts';
import type { Tick } from './tick.ts';

/** What is stored as one holds no more characters, but for a single message that does: brokers have limits. */
const MAX_ENTRY_LENGTH = 64 * 1024;

/** Messages that are stored as one. */
interface Draft {
  readonly lines: MessageLines;
  readonly publishKey: string | undefined;
  readonly except: string | undefined;
  /** What is known of the first once it is stored: what is of the others follows from it. */
  readonly first: PromiseWithResolvers<Published>;
}

/** What one tick brings for one channel. */
interface ChannelBatch {
  readonly retention: Retention;
  readonly drafts: Draft[];
}

/** One tick's work, by channel. */
interface Batch {
  readonly channels: Map<string, ChannelBatch>;
  /** Characters of all texts. */
  length: number;
}

/** Of each message that is stored with others, what is known of it where that is known of the first. */
const NTH = Array.from({ length: MAX_LINES }, (_, index) => {
  const suffix = cursorSuffix(index);
  return ({ id, cursor }: Published): Published => ({ id: id + suffix, cursor: cursor + suffix });
});

/** Collects what is published in one tick to channels with history, and appends it in one call. */
export class LogPublisher {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #tick: Tick;
  readonly #gate: Gate;
  readonly #ids: MessageIds;
  #batch: Batch | undefined;

  constructor(log: Log, { clock, timeoutMs, tick, gate }: PublisherServices, ids: MessageIds) {
    this.#log = log;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#tick = tick;
    this.#gate = gate;
    this.#ids = ids;
    tick.addStage(() => this.#flush());
  }

  /**
   * `names` and `tail` are what the message begins and ends with. Resolves when it has its place in the channel. Rejects with
   * `DEADLINE` when the log did not answer in time and with `BROKER_DOWN` when it refused.
   */
  append(message: OutgoingMessage, retention: Retention, names: MessageNames, tail: string): Promise<Published> {
    const { channel, dataText } = message;
    if (this.#batch === undefined) {
      this.#batch = { channels: new Map(), length: 0 };
      this.#tick.schedule();
    }
    const { channels } = this.#batch;
    let batch = channels.get(channel);
    if (batch === undefined) channels.set(channel, (batch = { retention, drafts: [] }));
    let draft = batch.drafts.at(-1);
    if (draft === undefined || !takes(draft, message)) {
      batch.drafts.push((draft = newDraft(this.#ids.next(), message)));
    }
    const index = draft.lines.add(names, dataText, tail);
    this.#batch.length += dataText.length;
    const { promise } = draft.first;
    return index === 0 ? promise : promise.then(NTH[index]);
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
      refuse: (error) => refuse(batch, error),
    });
  }

  #send(batch: Batch, deadline: number): void {
    const work = Array.from(batch.channels, ([channel, { drafts, retention }]): LogWork => {
      return { channel, entries: drafts.map(entryOf), retention };
    });
    const appended = this.#log.append(work);
    const late = (): void =>
      refuse(batch, new RealtimeError('DEADLINE', `the log did not take the message within ${this.#timeoutMs} ms`));
    const cancel = afterSending(this.#clock, deadline - this.#clock.now(), late, true);
    appended
      .then(
        (outcomes) => {
          let index = 0;
          for (const { drafts } of batch.channels.values()) settle(drafts, outcomes[index++]);
        },
        (cause: unknown) =>
          refuse(
            batch,
            cause instanceof RealtimeError
              ? cause
              : new RealtimeError('BROKER_DOWN', 'the log refused the message', { cause }),
          ),
      )
      .finally(cancel);
  }
}

function newDraft(id: string, { publishKey, except }: OutgoingMessage): Draft {
  return { lines: new MessageLines(id), publishKey, except, first: Promise.withResolvers() };
}

/** Whether `message` may be stored as one with those of `draft`. */
function takes({ lines, publishKey, except }: Draft, message: OutgoingMessage): boolean {
  if (publishKey !== undefined || except !== undefined) return false;
  if (message.publishKey !== undefined || message.except !== undefined) return false;
  return lines.count < MAX_LINES && lines.length + message.dataText.length < MAX_ENTRY_LENGTH;
}

/** Nothing is kept of the texts: what waits for an answer should be little. */
function entryOf({ lines, publishKey, except }: Draft): NewEntry {
  return { text: lines.take(), count: lines.count, id: publishKey, except };
}

/** Tells who published what became of it. */
function settle(drafts: readonly Draft[], appended: Appended | undefined): void {
  for (const [entry, { lines, first }] of drafts.entries()) {
    const place = appended instanceof RealtimeError ? undefined : appended?.[entry];
    if (place !== undefined) first.resolve({ id: lines.id, cursor: formatCursor(place) });
    else if (appended instanceof RealtimeError) first.reject(appended);
    else first.reject(new RealtimeError('BROKER_DOWN', 'the log did not say where the message is'));
  }
}

/** Tells all who published, and were told nothing yet, that it failed. */
function refuse({ channels }: Batch, error: RealtimeError): void {
  for (const { drafts } of channels.values()) for (const { first } of drafts) first.reject(error);
}
