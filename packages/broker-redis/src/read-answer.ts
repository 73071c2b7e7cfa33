import { singleEntries } from '@rt/core';
import type { Entry, LogPage, LogRead } from '@rt/core';
import type { Position } from '@rt/protocol';
import { decodeBatch } from './payload.ts';
import type { Batch } from './payload.ts';

/** The newest place of a channel and how much of it is kept, as stored. */
export interface Head extends Position {
  readonly ttlMs: number;
  readonly size: number;
}

const HEAD = /^([A-Za-z0-9_-]{1,64}) (\d{1,16}) ([A-Za-z0-9_-]{1,16}) (\d{1,16}) (\d{1,16}) \d{1,16}$/;

/** The head that a stored text is, or `undefined`. */
export function parseHead(text: string | null | undefined): Head | undefined {
  const match = HEAD.exec(text ?? '');
  if (match === null) return undefined;
  return {
    epoch: match[1]!,
    offset: Number(match[2]),
    tag: match[3]!,
    ttlMs: Number(match[4]),
    size: Number(match[5]),
  };
}

export function placeOf({ epoch, offset, tag }: Head): Position {
  return { epoch, offset, tag };
}

/** What the read script answered. */
export interface ReadAnswer {
  readonly head: Head;
  readonly batches: readonly Batch[];
}

/** Rejects what the script can't have answered. Batches that nobody of ours wrote, or of another epoch, are left out. */
export function parseAnswer(answer: unknown): ReadAnswer {
  const [text, now, ...payloads] = answer as readonly string[];
  const head = parseHead(text);
  if (head === undefined) throw new Error('the read script answered no head');
  const oldest = Number(now) - head.ttlMs;
  const batches = payloads
    .map(decodeBatch)
    .filter((batch) => batch !== undefined)
    .filter((batch) => batch.epoch === head.epoch && batch.atMs > oldest)
    .sort((one, other) => one.first - other.first);
  return { head, batches };
}

/** The page that was asked for, from the batches that hold it: the same answers as the memory log's ring gives. */
export function pageOf({ head: stored, batches }: ReadAnswer, page: LogPage): LogRead {
  const head = placeOf(stored);
  const kept = entriesFrom(batches, head.offset - stored.size);
  const { after, before, limit } = page;
  if (after !== undefined) {
    const proof = proofOf(after, head, kept);
    if (proof === 'diverged') return { epoch: head.epoch, entries: [], start: head, head, proof };
    const entries = (proof === 'contiguous' ? kept.filter(({ offset }) => offset > after.offset) : kept).slice(
      0,
      limit,
    );
    return { epoch: head.epoch, entries, start: startOf(entries[0], head), head, proof };
  }
  if (before !== undefined && before.epoch !== head.epoch) {
    return { epoch: head.epoch, entries: [], start: head, head, proof: 'new-epoch' };
  }
  const older = before === undefined ? kept : kept.filter(({ offset }) => offset < before.offset);
  const entries = older.slice(-limit);
  return { epoch: head.epoch, entries, start: startOf(entries[0] ?? kept[0], head), head, proof: 'contiguous' };
}

function proofOf(after: Position, head: Position, kept: readonly Entry[]): LogRead['proof'] {
  if (after.epoch !== head.epoch) return 'new-epoch';
  if (after.offset > head.offset) return 'diverged';
  if (after.offset === head.offset) return after.tag === head.tag ? 'contiguous' : 'diverged';
  const next = kept.find(({ offset }) => offset === after.offset + 1);
  if (next === undefined) return 'trimmed';
  return next.previousTag === after.tag ? 'contiguous' : 'diverged';
}

/** The place before `entry`. */
function startOf(entry: Entry | undefined, head: Position): Position {
  return entry === undefined ? head : { epoch: head.epoch, offset: entry.offset - 1, tag: entry.previousTag };
}

/** The messages beyond `floor` as entries of one each: a batch is kept whole as long as one of its messages is wanted. */
function entriesFrom(batches: readonly Batch[], floor: number): readonly Entry[] {
  const entries: Entry[] = [];
  for (const batch of batches) {
    const singles = batch.entries.flatMap(singleEntries);
    entries.push(...(batch.first > floor ? singles : singles.filter(({ offset }) => offset > floor)));
  }
  return entries;
}
