import { formatCursor, parseCursor } from '@rt/protocol';
import type { Recorder } from './recorder.ts';

export const CHANNEL = 'room';

interface ModelEntry {
  readonly offset: number;
  readonly cursor: string;
  readonly id: string;
  readonly data: string;
  readonly except: readonly string[];
}

/** Something on its way to a subscriber; the place it stands at once that has come. */
type Frame =
  | { readonly type: 'confirmed'; readonly cursor: string; readonly recovered: boolean }
  | { readonly type: 'gap'; readonly reason: string; readonly cursor: string }
  | { readonly type: 'delivered'; readonly entry: ModelEntry }
  | { readonly type: 'skip'; readonly cursor: string; readonly offset: number };

interface Reader {
  isConnected: boolean;
  /** Where it stands, once it was confirmed. */
  place: { readonly epoch: string; readonly offset: number; readonly cursor: string } | undefined;
  queue: Frame[];
}

/** A server of one channel that keeps the promise, as simple as can be, with a recorder at its subscribers. */
export class ModelServer {
  readonly #recorder: Recorder;
  readonly #readers = new Map<string, Reader>();
  #epochs = 1;
  #entries: ModelEntry[] = [];
  /** Entries up to this offset are gone. */
  #trimmed = 0;
  #ids = 0;
  /** How often the end was lost: places that were given before and again have another tag. */
  #losses = 0;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** Publishes one message; a retry carries the id of the first attempt and gets its place. */
  publish(by: string, how: { isAcknowledged?: boolean; isExcluding?: boolean; isRetried?: boolean } = {}): void {
    const id = ++this.#ids;
    const except = how.isExcluding ? [by] : [];
    const fields = { channel: CHANNEL, data: `text ${id}`, by, publishId: `p${id}`, except };
    const first = this.#recorder.published(fields);
    const offset = this.#entries.length + 1;
    const entry = { offset, cursor: this.#newCursor(offset), id: `m${id}`, data: fields.data, except };
    this.#entries.push(entry);
    for (const [name, reader] of this.#readers) if (reader.isConnected) this.#push(name, reader, entry);
    if (how.isRetried) {
      this.#recorder.failed(first, 'OUTCOME_UNKNOWN');
      this.#recorder.acknowledged(this.#recorder.published(fields), entry.cursor);
    } else if (how.isAcknowledged ?? true) this.#recorder.acknowledged(first, entry.cursor);
    else this.#recorder.failed(first, 'OUTCOME_UNKNOWN');
  }

  /** Subscribes anew, or comes back where the subscriber was cut off. */
  connect(name: string): void {
    const reader = this.#readers.get(name) ?? { isConnected: false, place: undefined, queue: [] };
    this.#readers.set(name, reader);
    if (reader.isConnected) return;
    reader.isConnected = true;
    const { place } = reader;
    const epoch = this.#epoch;
    if (place?.epoch === epoch && place.cursor !== this.#cursor(place.offset) && place.offset >= this.#trimmed) {
      const cursor = this.#cursor(this.#entries.length);
      reader.queue.push({ type: 'confirmed', cursor, recovered: false });
      reader.queue.push({ type: 'gap', reason: 'diverged', cursor });
    } else if (place?.epoch === epoch && place.offset >= this.#trimmed) {
      reader.queue.push({ type: 'confirmed', cursor: this.#cursor(place.offset), recovered: true });
      this.#replay(name, reader, place.offset);
    } else {
      const cursor = this.#cursor(place === undefined ? this.#entries.length : this.#trimmed);
      reader.queue.push({ type: 'confirmed', cursor, recovered: false });
      if (place === undefined) return;
      reader.queue.push({ type: 'gap', reason: place.epoch === epoch ? 'expired' : 'epoch', cursor });
      this.#replay(name, reader, this.#trimmed);
    }
  }

  cut(name: string): void {
    const reader = this.#readers.get(name);
    if (!reader?.isConnected) return;
    reader.isConnected = false;
    reader.queue = [];
    this.#recorder.disconnected(name);
  }

  leave(name: string): void {
    if (!this.#readers.get(name)?.isConnected) return;
    this.#readers.delete(name);
    this.#recorder.ended(name, CHANNEL);
  }

  /** Lets `count` frames arrive at a subscriber. */
  arrive(name: string, count = Infinity): void {
    const reader = this.#readers.get(name);
    for (const frame of reader?.queue.splice(0, count) ?? []) this.#arrived(name, reader!, frame);
  }

  trim(count: number): void {
    this.#trimmed = Math.min(this.#entries.length, this.#trimmed + count);
  }

  /** Everything it had is gone. */
  restart(): void {
    for (const name of this.#readers.keys()) this.cut(name);
    const places = this.#entries.map(({ cursor }) => cursor);
    this.#epochs++;
    this.#entries = [];
    this.#trimmed = 0;
    this.#recorder.lost({ channel: CHANNEL, reason: 'epoch', places, cursor: this.#cursor(0) });
  }

  /** A copy takes over that has not heard of the newest `count` entries. */
  loseTail(count: number): void {
    const first = Math.max(this.#trimmed, this.#entries.length - count);
    const places = this.#entries.splice(first).map(({ cursor }) => cursor);
    if (places.length === 0) return;
    this.#losses++;
    const cursor = this.#cursor(first);
    for (const reader of this.#readers.values()) {
      if (reader.isConnected) reader.queue.push({ type: 'gap', reason: 'diverged', cursor });
    }
    this.#recorder.lost({ channel: CHANNEL, reason: 'diverged', places, cursor });
  }

  /** Everybody who is there gets everything. */
  finish(): void {
    this.publish('server');
    for (const name of this.#readers.keys()) this.arrive(name);
    for (const [name, { isConnected }] of this.#readers) if (isConnected) this.#recorder.final(name, CHANNEL);
  }

  get #epoch(): string {
    return `e${this.#epochs}`;
  }

  #cursor(offset: number): string {
    return this.#entries[offset - 1]?.cursor ?? this.#newCursor(offset);
  }

  #newCursor(offset: number): string {
    return formatCursor({ epoch: this.#epoch, offset, tag: offset === 0 ? '0' : `t${offset}x${this.#losses}` });
  }

  #replay(name: string, reader: Reader, after: number): void {
    for (const entry of this.#entries.slice(after)) this.#push(name, reader, entry);
  }

  #push(name: string, { queue }: Reader, entry: ModelEntry): void {
    const { cursor, offset } = entry;
    if (!entry.except.includes(name)) queue.push({ type: 'delivered', entry });
    else {
      if (queue.at(-1)?.type === 'skip') queue.pop();
      queue.push({ type: 'skip', cursor, offset });
    }
  }

  #arrived(subscriber: string, reader: Reader, frame: Frame): void {
    const about = { subscriber, channel: CHANNEL };
    const epoch = this.#epoch;
    const offsetOf = (cursor: string): number => parseCursor(cursor)!.offset;
    switch (frame.type) {
      case 'confirmed':
        this.#recorder.confirmed({ ...about, cursor: frame.cursor, recovered: frame.recovered });
        // Before the gap that follows was heard, it comes back with the place that it had.
        reader.place ??= { epoch, offset: offsetOf(frame.cursor), cursor: frame.cursor };
        return;
      case 'gap':
        this.#recorder.gap({ ...about, reason: frame.reason, cursor: frame.cursor });
        reader.place = { epoch, offset: offsetOf(frame.cursor), cursor: frame.cursor };
        return;
      case 'skip':
        this.#recorder.skip({ ...about, cursor: frame.cursor });
        reader.place = { epoch, offset: frame.offset, cursor: frame.cursor };
        return;
      case 'delivered': {
        const { cursor, id, data, offset } = frame.entry;
        this.#recorder.delivered({ ...about, cursor, id, data });
        reader.place = { epoch, offset, cursor };
      }
    }
  }
}
