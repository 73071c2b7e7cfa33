import { RealtimeError } from '@rt/protocol';
import { afterSending } from '../brokers/deadline.ts';
import type { Broker } from '../contracts/broker.ts';
import type { Clock } from '../contracts/clock.ts';
import { addFrame, writeEnvelope } from './envelope.ts';
import type { Gate } from './gate.ts';
import type { Tick } from './tick.ts';

/** Frames that travel as one text have no more characters, but for a single one that has: brokers have limits. */
const MAX_TEXT_LENGTH = 64 * 1024;

interface ChannelTexts {
  readonly texts: string[];
  /** The last of them is frames for everybody, to which more may be added. */
  isOpen: boolean;
}

/** What this tick's publishers wait for, together: the broker takes a tick's work whole or not at all. */
interface Batch {
  readonly work: Map<string, ChannelTexts>;
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
    const batch = this.#join(text.length, isAwaited);
    const work = textsOf(batch, channel);
    work.texts.push(text);
    work.isOpen = false;
    return batch.settled.promise;
  }

  /** As `publish`, for a frame of a message that the instance with the hash `except` must not get. What a tick brings for everybody is one text. */
  publishFrame(channel: string, frame: string, except: string | undefined): Promise<void> {
    const batch = this.#join(frame.length, true);
    const work = textsOf(batch, channel);
    const { texts, isOpen } = work;
    const isForAll = except === undefined;
    const last = isForAll && isOpen ? texts.at(-1)! : undefined;
    if (last !== undefined && last.length + frame.length < MAX_TEXT_LENGTH) {
      texts[texts.length - 1] = addFrame(last, frame);
    } else {
      texts.push(writeEnvelope(frame, except));
      work.isOpen = isForAll;
    }
    return batch.settled.promise;
  }

  /** This tick's batch, which has so many characters more now. */
  #join(length: number, isAwaited: boolean): Batch {
    if (this.#batch === undefined) {
      this.#batch = { work: new Map(), length: 0, isAwaited, settled: Promise.withResolvers() };
      this.#tick.schedule();
    }
    this.#batch.length += length;
    this.#batch.isAwaited ||= isAwaited;
    return this.#batch;
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
    const work = Array.from(batch.work, ([channel, { texts }]) => ({ channel, texts }));
    const published = this.#broker.publish(work);
    const late = (): void => {
      const message = `the broker ${this.#broker.name} did not accept the message within ${this.#timeoutMs} ms`;
      reject(new RealtimeError('DEADLINE', message));
    };
    const cancel = afterSending(this.#clock, deadline - this.#clock.now(), late, batch.isAwaited);
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

function textsOf({ work }: Batch, channel: string): ChannelTexts {
  let known = work.get(channel);
  if (known === undefined) work.set(channel, (known = { texts: [], isOpen: false }));
  return known;
}
