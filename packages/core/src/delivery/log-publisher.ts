import { cursorSuffix, formatCursor, MAX_LINES, MessageLines, RealtimeError } from '@rt/protocol';
import type { MessageParts } from '@rt/protocol';
import type { Clock } from '../contracts/clock.ts';
import type { Appended, Log, LogWork, NewEntry, Retention } from '../contracts/log.ts';
import type { Gate } from './gate.ts';
import type { MessageIds } from './message-ids.ts';
import type { Published } from './published.ts';
import type { PublisherServices } from './publisher.ts';
import type { Tick } from './tick.ts';

/** What is stored as one holds no more characters, but for a single message that does: brokers have limits. */
const MAX_ENTRY_LENGTH = 64 * 1024;

/** A message on its way into a log. Its id is given when it is clear with which others it is stored. */
export interface LogMessage extends Omit<MessageParts, 'id'> {
  readonly publishKey: string | undefined;
  readonly except: string | undefined;
}

/** Messages that are stored as one. */
interface Draft {
  readonly lines: MessageLines;
  readonly publishKey: string | undefined;
  readonly except: string | undefined;
}

/** What one tick brings for one channel. */
interface ChannelBatch {
  readonly retention: Retention;
  readonly drafts: Draft[];
  /** The cursors of the first message of each, or why they were refused, once that is known. */
  outcome: readonly string[] | RealtimeError | undefined;
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
   * Resolves when the message has its place in the channel. Rejects with `DEADLINE` when the log did not answer in time and with
   * `BROKER_DOWN` when it refused.
   */
  append(channel: string, retention: Retention, message: LogMessage): Promise<Published> {
    if (this.#batch === undefined) {
      this.#batch = { channels: new Map(), done: Promise.withResolvers(), length: 0 };
      this.#tick.schedule();
    }
    const { channels, done } = this.#batch;
    let batch = channels.get(channel);
    if (batch === undefined) channels.set(channel, (batch = { retention, drafts: [], outcome: undefined }));
    let draft = batch.drafts.at(-1);
    if (draft === undefined || !takes(draft, message)) {
      const { publishKey, except } = message;
      batch.drafts.push((draft = { lines: new MessageLines(this.#ids.next()), publishKey, except }));
    }
    const entry = batch.drafts.length - 1;
    const { lines } = draft;
    const index = lines.add(message);
    this.#batch.length += message.dataText.length;
    return done.promise.then(() => published(batch, lines, entry, index));
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
    const work = Array.from(channels, ([channel, { drafts, retention }]): LogWork => {
      return { channel, entries: drafts.map(entryOf), retention };
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
          for (const batch of channels.values()) batch.outcome = outcomeOf(outcomes[index++]);
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

/** Whether `message` may be stored as one with those of `draft`. */
function takes({ lines, publishKey, except }: Draft, message: LogMessage): boolean {
  if (publishKey !== undefined || except !== undefined) return false;
  if (message.publishKey !== undefined || message.except !== undefined) return false;
  return lines.count < MAX_LINES && lines.length + message.dataText.length < MAX_ENTRY_LENGTH;
}

/** Nothing is kept of the texts: what waits for an answer should be little. */
function entryOf({ lines, publishKey, except }: Draft): NewEntry {
  return { text: lines.take(), count: lines.count, id: publishKey, except };
}

function outcomeOf(appended: Appended | undefined): ChannelBatch['outcome'] {
  return appended instanceof RealtimeError ? appended : appended?.map(formatCursor);
}

/** What became of message `index` of `lines`, which are the entry `entry` of its channel's. Throws where it was refused. */
function published({ outcome }: ChannelBatch, lines: MessageLines, entry: number, index: number): Published {
  if (outcome instanceof RealtimeError) throw outcome;
  const first = outcome?.[entry];
  if (first === undefined) throw new RealtimeError('BROKER_DOWN', 'the log did not say where the message is');
  return { id: lines.idOf(index), cursor: first + cursorSuffix(index) };
}
