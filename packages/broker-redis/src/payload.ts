import { decodeBus, EntryHead, entryHead } from '@rt/core';
import type { Entry, NewEntry } from '@rt/core';

/** Entries that were appended in one step, as it is stored and published. */
export interface Batch {
  readonly epoch: string;
  /** Offsets of the first and the last message. */
  readonly first: number;
  readonly last: number;
  /** Tag of the message before the first. */
  readonly previousTag: string;
  /** Tag of the last. */
  readonly lastTag: string;
  /** When, by Redis' clock. */
  readonly atMs: number;
  readonly entries: readonly Entry[];
}

/** What was published: texts of the bus, a batch of the log, its records where they come apart, before it, or a probe. */
export type Payload =
  | { readonly kind: 'bus'; readonly texts: readonly string[] }
  | { readonly kind: 'records' }
  | { readonly kind: 'log'; readonly batch: Batch }
  | { readonly kind: 'probe'; readonly nonce: string };

const BUS = '1b ';
const LOG = '2l ';
const PROBE = '1p ';
/** What records begin with that are stored and published apart from the head of their batch. */
export const APART = '2r ';

/** One entry. The head of the batch that it is in is written by the append script, which alone knows the offsets. */
export function encodeRecord(tag: string, entry: NewEntry): string {
  const { text, except } = entry;
  const head = entryHead(tag, entry);
  return except === undefined ? `${head}\n${text}` : `${head} ${except}\n${text}`;
}

export function encodeProbe(nonce: string): string {
  return PROBE + nonce;
}

/**
 * What a published text says, or `undefined` where no broker of this version can have written it. `before` is what was published
 * right before it on the same channel, where that were records.
 */
export function decode(payload: string, before?: string): Payload | undefined {
  if (payload.startsWith(LOG)) {
    const batch = before === undefined ? decodeBatch(payload) : decodeApart(payload, before);
    return batch && { kind: 'log', batch };
  }
  if (payload.startsWith(APART)) return { kind: 'records' };
  if (payload.startsWith(BUS)) {
    const texts = decodeBus(payload);
    return texts && { kind: 'bus', texts };
  }
  return payload.startsWith(PROBE) ? { kind: 'probe', nonce: payload.slice(PROBE.length) } : undefined;
}

const BATCH_HEAD = /^2l ([A-Za-z0-9_-]{1,64}) (\d{1,16}) (\d{1,16}) ([A-Za-z0-9_-]{1,16}) (\d{1,16})$/;
/** Longer than any head of ours; what has no line end by then is not one. */
const MAX_HEAD_LENGTH = 256;

/** The batch of a head, which names the last tag, and of the records that came before it. Others it may be that have nothing to do with it. */
function decodeApart(payload: string, records: string): Batch | undefined {
  const end = payload.indexOf('\n') + 1;
  const batch = decodeRecords(payload.slice(0, end), records, APART.length);
  return batch?.lastTag === payload.slice(end) ? batch : decodeBatch(payload);
}

/** The batch that a payload of the log is, or `undefined`. */
export function decodeBatch(payload: string): Batch | undefined {
  return decodeRecords(payload, payload, payload.indexOf('\n') + 1);
}

/** The batch whose head is in the first line of `payload`, and whose records are in `text` from `from` on. */
function decodeRecords(payload: string, text: string, from: number): Batch | undefined {
  const at = payload.indexOf('\n');
  if (at < 0 || at > MAX_HEAD_LENGTH) return undefined;
  const head = BATCH_HEAD.exec(payload.slice(0, at));
  if (head === null) return undefined;
  const first = Number(head[2]) + 1;
  const count = Number(head[3]);
  const last = first + count - 1;
  if (count < 1 || !Number.isSafeInteger(last)) return undefined;
  const records = new Records(text, from, { first, previousTag: head[4]! });
  if (!records.read() || records.count !== count) return undefined;
  return {
    epoch: head[1]!,
    first,
    last,
    previousTag: head[4]!,
    lastTag: records.previousTag,
    atMs: Number(head[5]),
    entries: records.entries,
  };
}

/** The records of a batch. */
class Records {
  readonly entries: Entry[] = [];
  /** How many messages they are. */
  count = 0;
  /** The tag of the last entry that was read. */
  previousTag: string;
  readonly #text: string;
  readonly #first: number;
  readonly #head = new EntryHead();
  #at: number;

  constructor(text: string, at: number, { first, previousTag }: Pick<Batch, 'first' | 'previousTag'>) {
    this.#text = text;
    this.#at = at;
    this.#first = first;
    this.previousTag = previousTag;
  }

  /** Reads them all; false where there is something that is none. */
  read(): boolean {
    while (this.#at < this.#text.length) if (!this.#readOne()) return false;
    return true;
  }

  #readOne(): boolean {
    const text = this.#text;
    const head = this.#head;
    if (!head.read(text, this.#at)) return false;
    const { tag, count } = head;
    let from = head.end;
    let except: string | undefined;
    if (head.hasMore) {
      const match = EXCEPT.exec(text.slice(from, from + MAX_EXCEPT_LENGTH + 1));
      if (match === null) return false;
      except = match[1]!;
      from += except.length + 1;
    }
    const end = from + head.length;
    if (end > text.length) return false;
    const offset = this.#first + this.count;
    const { previousTag } = this;
    const own = text.slice(from, end);
    this.entries.push(
      except === undefined
        ? { offset, count, tag, previousTag, text: own }
        : { offset, count, tag, previousTag, except, text: own },
    );
    this.count += count;
    this.previousTag = tag;
    this.#at = end;
    return true;
  }
}

const MAX_EXCEPT_LENGTH = 128;
const EXCEPT = /^([\x21-\x7e]{1,128})\n/;
