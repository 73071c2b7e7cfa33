/** The first figure is the version: another one is not ours to read. */
const BUS = '1b ';
const BUS_HEAD = /^\d{1,10}(?:,\d{1,10})*$/;
/** What one bus message carries, in UTF-16 units: at most three bytes each, and so below 1 MiB. */
const MAX_LENGTH = 256 * 1024;

/** Texts of the bus as one message. Lengths are in UTF-16 units, as JavaScript counts. */
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

/** The texts of a message, or `undefined` where no broker of this version can have written it. */
export function decodeBus(payload: string): readonly string[] | undefined {
  const end = payload.indexOf('\n');
  if (!payload.startsWith(BUS) || end < 0) return undefined;
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

/** `texts` in lists of which none is too long for one message, though a single text may be. */
export function cutBus(texts: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const text of texts) {
    if (length + text.length > MAX_LENGTH) {
      parts.push([]);
      length = 0;
    }
    parts.at(-1)!.push(text);
    length += text.length;
  }
  return parts;
}
