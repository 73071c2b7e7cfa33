import { RealtimeError } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import { DEDUPE_WINDOW_MS } from '../contracts/log.ts';
import type { Entry, GapReason, LogPage, LogRead } from '../contracts/log.ts';
import { Ring } from '../memory/ring.ts';
import { Freshness } from './freshness.ts';
import type { OrderHost } from './order-host.ts';
import { OwnRecords } from './own-records.ts';
import type { Partition, PartitionReader, PartitionStart, PartitionText } from './partition.ts';
import { decodeRecord } from './record-reader.ts';
import type { LogRecord } from './record.ts';
import { Writers } from './writers.ts';

/** Offsets of one record: the index of an entry is below the last of them, which stands for the whole record. */
const INDEXES = 65_536;
const LAST_INDEX = INDEXES - 1;
const isRecordEnd = (offset: number): boolean => offset % INDEXES === LAST_INDEX;

/** Time until a reading that could not begin is tried again. */
const AGAIN_MS = 1_000;

/** After this long, a channel's newest place is where its partition is, and no more at its last entry. */
export const MOVE_MS = 30_000;

/** One partition as this node reads it: fills the rings of its channels, in the order that all nodes see. */
export class Order {
  readonly #partition: Partition;
  readonly #host: OrderHost;
  readonly #own: OwnRecords;
  readonly #freshness: Freshness;
  readonly #writers = new Writers();
  readonly #current: (() => void)[] = [];
  #state: 'replaying' | 'resuming' | 'current' | 'closed' = 'replaying';
  #stop: (() => void) | undefined;
  #stopAgain: (() => void) | undefined;
  /** Which reading is the one that counts. */
  #reading = 0;
  #epoch = '';
  /** Why followers may miss something, until they are told. */
  #gap: GapReason | undefined;
  /** The newest position that was read, its text where it is known, and its time. */
  #last = 0;
  #lastText: string | undefined;
  #lastAt = 0;
  /** How far the broker's clock is ahead of this node's, where that is known. */
  #aheadMs: number | undefined;
  /** Every entry behind this offset is known; `undefined` until that begins. */
  #floor: number | undefined;
  /** From this time on, all publish ids that matter are known. */
  #wholeFromMs = 0;

  constructor(partition: Partition, host: OrderHost) {
    this.#partition = partition;
    this.#host = host;
    this.#own = new OwnRecords(partition, host.clock, host.writer);
    this.#freshness = new Freshness({
      clock: host.clock,
      head: () => this.#head(),
      hasRead: (position) => this.#state !== 'replaying' && this.#last >= position,
    });
  }

  /** Whether everything that was stored before the reading began is known. */
  get isCurrent(): boolean {
    return this.#state === 'current';
  }

  /** The time of the newest text that was read, by the broker's clock. */
  get readUpToMs(): number {
    return this.#lastAt;
  }

  /** Now, by the broker's clock, as far as that is known. */
  get now(): number {
    return Math.max(this.#lastAt, this.#host.clock.now() + (this.#aheadMs ?? Number.NEGATIVE_INFINITY));
  }

  /** Resolves when all that was kept has been read. */
  async start(): Promise<void> {
    const current = new Promise<void>((resolve) => this.#current.push(resolve));
    await this.#read();
    await current;
  }

  close(): void {
    this.#state = 'closed';
    this.#end();
    this.#own.close();
  }

  /** Appends a record. Answers the places of its entries, or what became of them. */
  append(body: string): Promise<readonly Position[] | RealtimeError> {
    return this.#own.append(body);
  }

  /** Resolves when everything that was stored before this call was read. Rejects with `BROKER_DOWN`. */
  sync(): Promise<void> {
    return this.#freshness.reach();
  }

  /** The newest place of a channel. */
  headOf(channel: string): Position {
    const ring = this.#host.rings.get(channel);
    if (ring?.newestAt !== undefined && this.#lastAt - ring.newestAt < MOVE_MS) return ring.head;
    const offset = this.#endOffset();
    ring?.advance(offset);
    return { epoch: this.#epoch, offset, tag: ring?.head.tag ?? '' };
  }

  /** Reads the ring of a channel. */
  readRing(channel: string, page: LogPage): LogRead {
    const ring = this.#use(channel);
    const head = this.headOf(channel);
    const before = ring.bytes;
    const read = ring.read(page, this.now, this.#endOffset());
    this.#host.rings.changed(ring.bytes - before);
    return { ...read, head };
  }

  /** Lets go of what has expired in a ring, and says whether nothing would be missed with it. */
  sweepRing(ring: Ring): boolean {
    ring.trim(this.now);
    // Publish ids live by the time of the log: what is decided about the next text is the same on every node.
    ring.forgetIds(this.#lastAt);
    return ring.isEmpty && (ring.newestAt === undefined || this.#lastAt - ring.newestAt > this.#host.replayMs);
  }

  /** A ring is gone: what a place before its head would be worth is not known any more. */
  dropped(ring: Ring): void {
    if (ring.newestAt !== undefined) this.#floor = Math.max(this.#floor ?? 0, ring.head.offset);
  }

  /** Behind all entries that were read. */
  #endOffset(): number {
    return this.#last * INDEXES + LAST_INDEX;
  }

  async #head(): Promise<number> {
    if (this.#partition.head !== undefined) return this.#partition.head();
    const outcome = await this.append('');
    if (outcome instanceof RealtimeError) throw new RealtimeError('BROKER_DOWN', outcome.message);
    return 0;
  }

  async #read(): Promise<void> {
    const reading = ++this.#reading;
    const isOld = (): boolean => reading !== this.#reading;
    const reader: PartitionReader = {
      begin: (start) => void (isOld() || this.#begin(start)),
      texts: (batch) => void (isOld() || this.#texts(batch)),
      caughtUp: (head) => void (isOld() || this.#caughtUp(head)),
    };
    const stop = await this.#partition.read(this.#host.replayMs, reader);
    if (isOld()) stop();
    else this.#stop = stop;
  }

  #end(): void {
    this.#reading++;
    this.#stop?.();
    this.#stop = undefined;
    this.#stopAgain?.();
  }

  /** Forgets everything and reads anew: what is stored is not what was read. */
  #restart(reason: GapReason): void {
    this.#end();
    this.#reset(reason);
    this.#host.warn('a partition is read anew', { reason });
    const again = (): void => {
      this.#read().catch((error: unknown) => {
        this.#host.warn('a partition can not be read', { reason: error instanceof Error ? error.message : 'unknown' });
        if (this.#state !== 'closed') this.#stopAgain = this.#host.clock.after(AGAIN_MS, again);
      });
    };
    again();
    this.#host.changed();
  }

  #reset(reason: GapReason): void {
    for (const channel of this.#host.channelsOf(this)) this.#host.rings.delete(channel);
    this.#writers.clear();
    this.#state = 'replaying';
    this.#gap = reason;
    this.#epoch = '';
    this.#last = 0;
    this.#lastText = undefined;
    this.#lastAt = 0;
    this.#floor = undefined;
  }

  #begin({ epoch, fromMs, nowMs }: PartitionStart): void {
    if (nowMs !== undefined) this.#aheadMs = nowMs - this.#host.clock.now();
    if (epoch === this.#epoch) {
      this.#state = this.#state === 'replaying' ? 'replaying' : 'resuming';
      return;
    }
    if (this.#epoch !== '') this.#reset('epoch');
    this.#epoch = epoch;
    this.#wholeFromMs = fromMs === 0 ? 0 : fromMs + DEDUPE_WINDOW_MS;
    if (fromMs === 0) this.#floor = 0;
    this.#host.changed();
  }

  #texts(batch: readonly PartitionText[]): void {
    const delivered = new Map<string, Entry[]>();
    const settled: (() => void)[] = [];
    for (const text of batch) {
      const problem = this.#problemOf(text);
      if (problem !== undefined) {
        this.#restart(problem);
        return;
      }
      if (text.position === this.#last) continue;
      this.#last = text.position;
      this.#lastText = text.text;
      this.#lastAt = Math.max(this.#lastAt, text.at);
      if (this.#state !== 'replaying') this.#aheadMs = this.#lastAt - this.#host.clock.now();
      const record = decodeRecord(text.text);
      if (record === undefined)
        this.#host.warn('dropped what no node of this version wrote', { position: text.position });
      else if (this.#writers.isNew(record)) settled.push(this.#apply(record, delivered));
    }
    if (this.#state !== 'replaying') this.#host.deliver(delivered);
    for (const settle of settled) settle();
    this.#freshness.advanced();
  }

  /** Why what was read so far can't be continued by `text`. */
  #problemOf({ position, text }: PartitionText): GapReason | undefined {
    const isLast = position === this.#last && (this.#lastText === undefined || this.#lastText === text);
    if (position < this.#last || (position === this.#last && !isLast)) return 'diverged';
    if (this.#state !== 'resuming') return undefined;
    if (!isLast && this.#last !== 0) return 'expired';
    this.#state = 'current';
    return undefined;
  }

  #caughtUp(head: number): void {
    // Where nothing came, it is the head that shows whether anything is missing.
    if (this.#last > head || (this.#state === 'resuming' && this.#last !== head)) {
      this.#restart(this.#last > head ? 'diverged' : 'expired');
      return;
    }
    if (head > this.#last) {
      this.#last = head;
      this.#lastText = undefined;
    }
    this.#state = 'current';
    this.#aheadMs ??= this.#lastAt - this.#host.clock.now();
    if (this.#floor === undefined) this.#beginAt(this.#endOffset());
    this.#freshness.advanced();
    for (const resolve of this.#current.splice(0)) resolve();
    const reason = this.#gap;
    this.#gap = undefined;
    if (reason !== undefined) this.#host.gap(this, reason);
    this.#host.changed();
  }

  /** Puts the entries of the newest record where they belong. What it returns tells the writer, if that is this node. */
  #apply({ writer, number, parts }: LogRecord, delivered: Map<string, Entry[]>): () => void {
    if (this.#floor === undefined && this.#lastAt >= this.#wholeFromMs) this.#beginAt(this.#last * INDEXES - 1);
    const places: Position[] | undefined = this.#own.waitsFor(writer, number) ? [] : undefined;
    let offset = this.#last * INDEXES;
    for (const { channel, entries, retention } of parts) {
      const ring = this.#use(channel);
      const before = ring.bytes;
      for (const entry of entries) {
        const place = { offset, tag: entry.tag };
        offset += entry.count ?? 1;
        const appended = ring.append(entry, retention, this.#lastAt, place);
        places?.push(appended.position);
        if (appended.entry === undefined) continue;
        const list = delivered.get(channel);
        if (list === undefined) delivered.set(channel, [appended.entry]);
        else list.push(appended.entry);
      }
      this.#host.rings.changed(ring.bytes - before);
    }
    return () => places && this.#own.readBack(writer, number, places);
  }

  /** What was read so far was for the publish ids: entries count from `floor` on. */
  #beginAt(floor: number): void {
    this.#floor = floor;
    for (const channel of this.#host.channelsOf(this)) {
      const ring = this.#host.rings.get(channel)!;
      this.#host.rings.changed(-ring.bytes);
      ring.beginAt(floor);
    }
  }

  #use(channel: string): Ring {
    return this.#host.rings.use(
      channel,
      () => new Ring(this.#epoch, { floor: this.#floor ?? 0, isBetween: isRecordEnd }),
    );
  }
}
