import { brokerDown } from '@rt/core';
import type { Partition, PartitionReader } from '@rt/core';
import { RealtimeError } from '@rt/protocol';
import type { Link } from './link.ts';
import { StreamReading } from './stream-reading.ts';
import { Stream } from './stream.ts';

/** Time for a stream to be there: for a moment after its start, RabbitMQ takes connections and has no streams yet. */
const ABSENT_MS = 10_000;
/** Time between two attempts. */
const AGAIN_MS = 250;

/** One partition of the log: a stream queue in RabbitMQ. */
export class RabbitmqPartition implements Partition {
  readonly #link: Link;
  readonly #stream: Stream;
  #reading: StreamReading | undefined;

  constructor(link: Link, partition: number) {
    this.#link = link;
    this.#stream = new Stream(link, partition);
  }

  /** Whether everything that is stored was read. */
  get isCurrent(): boolean {
    return this.#reading?.isCurrent ?? false;
  }

  async append(text: string): Promise<void> {
    const epoch = this.#reading?.epoch;
    if (epoch === undefined) throw brokerDown(`the stream ${this.#stream.name} is not read yet`);
    try {
      await this.#stream.append({ kind: 'record', epoch, text });
    } catch (error) {
      this.#link.suspect();
      throw error;
    }
  }

  async read(sinceMs: number, reader: PartitionReader): Promise<() => void> {
    const reading = await this.#begin(sinceMs, reader);
    return () => {
      reading.end();
      if (this.#reading === reading) this.#reading = undefined;
    };
  }

  /** The connection was lost. */
  lose(): void {
    this.#reading?.lose();
  }

  /** The connection is there again, or the stream may be another one. */
  again(): void {
    this.#reading?.again();
  }

  async #begin(sinceMs: number, reader: PartitionReader): Promise<StreamReading> {
    const { clock } = this.#link;
    const giveUpAt = clock.now() + ABSENT_MS;
    for (;;) {
      const reading = new StreamReading(this.#link, this.#stream, { sinceMs, reader });
      // It is appended to as soon as it is known.
      this.#reading = reading;
      try {
        await reading.begin();
        return reading;
      } catch (error) {
        reading.end();
        if (error instanceof RealtimeError && error.code !== 'BROKER_DOWN') throw error;
        if (clock.now() >= giveUpAt) throw brokerDown(`the stream ${this.#stream.name} can not be read`, error);
      }
      await new Promise<void>((resolve) => clock.after(AGAIN_MS, resolve));
    }
  }
}
