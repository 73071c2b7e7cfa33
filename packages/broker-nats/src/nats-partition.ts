import { jetstreamManager } from '@nats-io/jetstream';
import { brokerDown } from '@rt/core';
import type { Partition, PartitionReader } from '@rt/core';
import { RealtimeError } from '@rt/protocol';
import type { Appends } from './appends.ts';
import type { Link } from './link.ts';
import { checkLength } from './payload.ts';
import { ASK_MS, StreamReading } from './stream-reading.ts';
import { Stream } from './stream.ts';

/** Time for a stream to have a leader. */
const LEADERLESS_MS = 10_000;
/** Time between two questions for that. */
const AGAIN_MS = 250;

/** One partition of the log: a stream in JetStream. */
export class NatsPartition implements Partition {
  readonly #link: Link;
  readonly #appends: Appends;
  readonly #stream: Stream;
  #reading: StreamReading | undefined;

  constructor(link: Link, appends: Appends, partition: number) {
    this.#link = link;
    this.#appends = appends;
    this.#stream = new Stream(link, partition);
  }

  /** Whether everything that is stored was read. */
  get isCurrent(): boolean {
    return this.#reading?.isCurrent ?? false;
  }

  async append(text: string): Promise<void> {
    const connection = this.#link.connection();
    checkLength(text, connection.info?.max_payload);
    try {
      await this.#appends.append(connection, this.#stream.subject, text);
    } catch (error) {
      this.#link.suspect();
      throw error;
    }
  }

  async head(): Promise<number> {
    const connection = this.#link.connection();
    try {
      const manager = await jetstreamManager(connection, { timeout: ASK_MS, checkAPI: false });
      return (await this.#stream.info(manager)).state.last_seq;
    } catch (error) {
      this.#link.suspect();
      throw brokerDown('the log in NATS can not be read', error);
    }
  }

  async read(sinceMs: number, reader: PartitionReader): Promise<() => void> {
    const reading = await this.#begin(sinceMs, reader);
    this.#reading = reading;
    return () => {
      reading.end();
      if (this.#reading === reading) this.#reading = undefined;
    };
  }

  /** A new stream on several servers has no leader at first, and nobody answers for it: it is asked again. */
  async #begin(sinceMs: number, reader: PartitionReader): Promise<StreamReading> {
    const { clock } = this.#link;
    const giveUpAt = clock.now() + LEADERLESS_MS;
    for (;;) {
      const reading = new StreamReading(this.#link, this.#stream, { sinceMs, reader });
      try {
        await reading.begin();
        return reading;
      } catch (error) {
        reading.end();
        if (error instanceof RealtimeError) throw error;
        if (clock.now() >= giveUpAt) throw brokerDown(`the stream ${this.#stream.name} can not be read`, error);
      }
      await new Promise<void>((resolve) => clock.after(AGAIN_MS, resolve));
    }
  }

  /** The connection was lost. */
  lose(): void {
    this.#reading?.lose();
  }

  /** The connection is there again, or the stream may be another one. */
  again(): void {
    this.#reading?.again();
  }
}
