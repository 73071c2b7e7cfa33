import { RealtimeError } from '@rt/core';
import type { Clock, Partition, PartitionReader, PartitionText } from '@rt/core';
import { systemClock } from '@rt/core';

interface Reading {
  readonly reader: PartitionReader;
  readonly isConnected: () => boolean;
  last: PartitionText | undefined;
  epoch: string;
}

/** A partition in memory that several nodes read, and that can lose what brokers lose. */
export class MemoryOrder {
  readonly #clock: Clock;
  readonly #readings = new Set<Reading>();
  #epochs = 1;
  #texts: PartitionText[] = [];
  #first = 0;
  #head = 0;
  /** Positions rise by this much. */
  step = 1;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  get texts(): readonly PartitionText[] {
    return this.#texts;
  }

  get #epoch(): string {
    return `m${this.#epochs}`;
  }

  append(text: string): void {
    const stored: PartitionText = { position: (this.#head += this.step), at: this.#clock.wallNow(), text };
    this.#texts.push(stored);
    for (const reading of this.#readings) if (reading.isConnected()) this.#give(reading, [stored]);
  }

  get head(): number {
    return this.#head;
  }

  /** The oldest texts are gone, as by age. */
  expire(count: number): void {
    this.#first = this.#texts[count - 1]?.position ?? this.#first;
    this.#texts = this.#texts.slice(count);
  }

  /** The newest texts are gone, and their positions are given again. */
  loseTail(count: number): void {
    this.#texts = this.#texts.slice(0, this.#texts.length - count);
    this.#head = this.#texts.at(-1)?.position ?? this.#first;
  }

  /** The stream is deleted and made anew. */
  recreate(): void {
    this.#epochs++;
    this.#texts = [];
    this.#first = 0;
    this.#head = 0;
  }

  read(sinceMs: number, reader: PartitionReader, isConnected: () => boolean): Reading {
    const reading: Reading = { reader, isConnected, last: undefined, epoch: '' };
    this.#begin(reading, sinceMs);
    this.#readings.add(reading);
    return reading;
  }

  /** The reading goes on after a loss of the connection. */
  resume(reading: Reading, sinceMs: number): void {
    if (reading.epoch !== this.#epoch || reading.last === undefined) this.#begin(reading, sinceMs);
    else {
      const { position } = reading.last;
      reading.reader.begin({ epoch: this.#epoch, fromMs: 0, nowMs: this.#clock.wallNow() });
      this.#give(
        reading,
        this.#texts.filter((text) => text.position >= position),
      );
      reading.reader.caughtUp(this.#head);
    }
  }

  end(reading: Reading): void {
    this.#readings.delete(reading);
  }

  #begin(reading: Reading, sinceMs: number): void {
    const fromMs = (this.#texts.at(-1)?.at ?? 0) - sinceMs;
    const texts = this.#texts.filter(({ at }) => at >= fromMs);
    const isWhole = this.#first === 0 && texts.length === this.#texts.length;
    reading.epoch = this.#epoch;
    const from = isWhole ? 0 : Math.max(fromMs, this.#texts[0]?.at ?? 0);
    reading.reader.begin({ epoch: this.#epoch, fromMs: from, nowMs: this.#clock.wallNow() });
    this.#give(reading, texts);
    reading.reader.caughtUp(this.#head);
  }

  #give(reading: Reading, texts: readonly PartitionText[]): void {
    if (texts.length === 0) return;
    reading.last = texts.at(-1);
    reading.reader.texts(texts);
  }
}

/** One node's way to a `MemoryOrder`. */
export class MemoryPartition implements Partition {
  readonly head?: () => Promise<number>;
  readonly #order: MemoryOrder;
  #readings: { readonly reading: Reading; readonly sinceMs: number }[] = [];
  #isConnected = true;

  constructor(order: MemoryOrder, knowsHead = true) {
    this.#order = order;
    if (knowsHead) this.head = async () => this.#ask(() => order.head);
  }

  async append(text: string): Promise<void> {
    this.#ask(() => this.#order.append(text));
  }

  async read(sinceMs: number, reader: PartitionReader): Promise<() => void> {
    let isOpen = true;
    const reading = this.#order.read(sinceMs, reader, () => isOpen && this.#isConnected);
    this.#readings.push({ reading, sinceMs });
    return () => {
      isOpen = false;
      this.#order.end(reading);
      this.#readings = this.#readings.filter((other) => other.reading !== reading);
    };
  }

  disconnect(): void {
    this.#isConnected = false;
  }

  connect(): void {
    this.#isConnected = true;
    for (const { reading, sinceMs } of this.#readings) this.#order.resume(reading, sinceMs);
  }

  #ask<Answer>(run: () => Answer): Answer {
    if (!this.#isConnected) throw new RealtimeError('BROKER_DOWN', 'not connected');
    return run();
  }
}
