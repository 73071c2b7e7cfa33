import type { Entry } from '@rt/core';

/** A run of entries that were appended in one step, as it is stored and published. */
export interface Batch {
  readonly epoch: string;
  /** Offsets of the first and the last entry. */
  readonly first: number;
  readonly last: number;
  /** Tag of the entry before the first. */
  readonly previousTag: string;
  /** Tag of the last. */
  readonly lastTag: string;
  /** When, by Redis' clock. */
  readonly atMs: number;
  readonly entries: readonly Entry[];
}

/** What was published: texts of the bus, a batch of the log, or a probe. */
export type Payload =
  | { readonly kind: 'bus'; readonly texts: readonly string[] }
  | { readonly kind: 'log'; readonly batch: Batch }
  | { readonly kind: 'probe'; readonly nonce: string };

const BUS = '1b ';
const LOG = '1l ';
const PROBE = '1p ';

/** The first figure is the version: another one is not ours to read. Lengths are in UTF-16 units, as JavaScript counts. */
export function encodeBus(texts: readonly string[]): string {
  const [first] = texts;
  if (texts.length === 1 && first !== undefined) return `${BUS}${first.length}\n${first}`;
  let lengths = '';
  let joined = '';
  for (const text of texts) {
    lengths += lengths === '' ? text.length : `,${text.length}`;
    joined += text;
  }
  return `${BUS}${lengths}\n${joined}`;
}

/** One entry. The head of the batch that it is in is written by the append script, which alone knows the offsets. */
export function encodeRecord(tag: string, text: string, except: string | undefined): string {
  return except === undefined ? `${tag} ${text.length}\n${text}` : `${tag} ${text.length} ${except}\n${text}`;
}

export function encodeProbe(nonce: string): string {
  return PROBE + nonce;
}

/** What a published text says, or `undefined` where no broker of this version can have written it. */
export function decode(payload: string): Payload | undefined {
  if (payload.startsWith(LOG)) {
    const batch = decodeBatch(payload);
    return batch && { kind: 'log', batch };
  }
  if (payload.startsWith(BUS)) {
    const texts = decodeBus(payload);
    return texts && { kind: 'bus', texts };
  }
  return payload.startsWith(PROBE) ? { kind: 'probe', nonce: payload.slice(PROBE.length) } : undefined;
}

const BATCH_HEAD = /^1l ([A-Za-z0-9_-]{1,64}) (\d{1,16}) (\d{1,16}) ([A-Za-z0-9_-]{1,16}) (\d{1,16})$/;
/** Longer than any head of ours; what has no line end by then is not one. */
const MAX_HEAD_LENGTH = 256;

/** The batch that a payload of the log is, or `undefined`. */
export function decodeBatch(payload: string): Batch | undefined {
  let at = payload.indexOf('\n');
  if (at < 0 || at > MAX_HEAD_LENGTH) return undefined;
  const head = BATCH_HEAD.exec(payload.slice(0, at));
  if (head === null) return undefined;
  const first = Number(head[2]) + 1;
  const count = Number(head[3]);
  const last = first + count - 1;
  if (count < 1 || !Number.isSafeInteger(last)) return undefined;
  const entries: Entry[] = [];
  let previousTag = head[4]!;
  at++;
  while (at < payload.length) {
    const record = parseRecord(payload, at);
    if (record === undefined) return undefined;
    at = record.end;
    const { tag, except, text } = record;
    const offset = first + entries.length;
    entries.push(
      except === undefined ? { offset, tag, previousTag, text } : { offset, tag, previousTag, except, text },
    );
    previousTag = tag;
  }
  if (entries.length !== count) return undefined;
  return {
    epoch: head[1]!,
    first,
    last,
    previousTag: head[4]!,
    lastTag: previousTag,
    atMs: Number(head[5]),
    entries,
  };
}

/**
 * The record at `at`, or `undefined`. Looked at letter by letter, because this runs for every message on every node: a regular
 * expression takes twice as long.
 */
function parseRecord(
  payload: string,
  at: number,
):
  | { readonly tag: string; readonly except: string | undefined; readonly text: string; readonly end: number }
  | undefined {
  let index = at;
  while (isLetter(payload.charCodeAt(index))) index++;
  const tagEnd = index;
  if (tagEnd === at || tagEnd - at > MAX_TAG_LENGTH || payload.charCodeAt(index) !== SPACE) return undefined;
  let length = 0;
  let code = payload.charCodeAt(++index);
  const digits = index;
  while (code >= ZERO && code <= NINE) {
    length = length * 10 + code - ZERO;
    code = payload.charCodeAt(++index);
  }
  if (index === digits || index - digits > MAX_DIGITS) return undefined;
  let except: string | undefined;
  if (code === SPACE) {
    const match = EXCEPT.exec(payload.slice(index + 1, index + 2 + MAX_EXCEPT_LENGTH));
    if (match === null) return undefined;
    except = match[1]!;
    index += 1 + except.length;
  } else if (code !== LINE_END) return undefined;
  const from = index + 1;
  const end = from + length;
  if (end > payload.length) return undefined;
  return { tag: payload.slice(at, tagEnd), except, text: payload.slice(from, end), end };
}

const [SPACE, LINE_END, ZERO, NINE] = [0x20, 0x0a, 0x30, 0x39];
const MAX_TAG_LENGTH = 16;
const MAX_DIGITS = 10;
const MAX_EXCEPT_LENGTH = 128;
const EXCEPT = /^([\x21-\x7e]{1,128})\n/;

/** Of the base64url alphabet. */
function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (code >= ZERO && code <= NINE) || code === 0x2d || code === 0x5f;
}

const BUS_HEAD = /^\d{1,10}(?:,\d{1,10})*$/;

function decodeBus(payload: string): readonly string[] | undefined {
  const end = payload.indexOf('\n');
  if (end < 0) return undefined;
  const head = payload.slice(BUS.length, end);
  if (!BUS_HEAD.test(head)) return undefined;
  const texts: string[] = [];
  let at = end + 1;
  for (const length of head.split(',')) {
    const from = at;
    at += Number(length);
    if (at > payload.length) return undefined;
    texts.push(payload.slice(from, at));
  }
  return at === payload.length ? texts : undefined;
}
