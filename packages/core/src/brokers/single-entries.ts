import { messageLines } from '@rt/protocol';
import type { Entry } from '../contracts/log.ts';

/** The messages of an entry as one entry each. */
export function singleEntries(entry: Entry): readonly Entry[] {
  const { offset, count = 1, index = 0, tag, previousTag, text } = entry;
  if (count === 1) return [entry];
  const lines = messageLines(text, count);
  return Array.from({ length: count }, (_, at): Entry => ({
    offset: offset + at,
    index: index + at,
    tag,
    previousTag: at === 0 ? previousTag : tag,
    // There are as many lines, unless somebody else wrote this.
    text: lines[at] ?? '',
  }));
}

/** The offset of an entry's last message. */
export function lastOffset({ offset, count = 1 }: Entry): number {
  return offset + count - 1;
}
