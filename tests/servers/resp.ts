/** What Redis answers. Maps come as flat arrays; an error as an `Error` whose message begins with its code. */
export type RespValue = string | number | boolean | null | Error | readonly RespValue[];

const LINE_END = '\r\n';
/** These are followed by as many values as their header says; a map's and an attribute's are pairs. */
const AGGREGATES: Readonly<Record<string, number>> = { '*': 1, '~': 1, '>': 1, '%': 2, '|': 2 };
/** These are followed by as many bytes as their header says. */
const BULKS = '$!=';

/** A command as clients send it. */
export function encodeCommand(args: readonly (string | number)[]): string {
  const parts = args.map(String).map((arg) => `$${Buffer.byteLength(arg)}${LINE_END}${arg}${LINE_END}`);
  return `*${parts.length}${LINE_END}${parts.join('')}`;
}

/** Cuts a stream in the Redis protocol (2 or 3, either direction) into whole frames: one command, reply or push each. */
export class RespSplitter {
  #buffer: Buffer = Buffer.alloc(0);
  /** How far the frame at the start of the buffer is known. */
  #at = 0;
  /** Values that this frame still needs. */
  #open = 1;

  /** The frames that `chunk` completes. The rest is kept for the next one. */
  push(chunk: Buffer): Buffer[] {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    const frames: Buffer[] = [];
    while (this.#step()) {
      if (this.#open > 0) continue;
      frames.push(this.#buffer.subarray(0, this.#at));
      this.#buffer = this.#buffer.subarray(this.#at);
      this.#at = 0;
      this.#open = 1;
    }
    return frames;
  }

  /** Steps over one value, or one header of several. False: it is not wholly here. */
  #step(): boolean {
    const header = headerAt(this.#buffer, this.#at);
    if (header === undefined) return false;
    if (header.end > this.#buffer.length) return false;
    this.#at = header.end;
    // An attribute comes before the value that it describes.
    this.#open += header.values - (header.type === '|' ? 0 : 1);
    return true;
  }
}

/** What a whole frame says. */
export function decodeResp(frame: Buffer): RespValue {
  return decodeAt(frame, 0).value;
}

interface Header {
  readonly type: string;
  readonly text: string;
  /** Where the bytes of a bulk begin. */
  readonly start: number;
  /** Where it ends, without the values that follow. */
  readonly end: number;
  readonly values: number;
}

function headerAt(buffer: Buffer, at: number): Header | undefined {
  const lineEnd = buffer.indexOf(LINE_END, at);
  if (lineEnd === -1) return undefined;
  const type = buffer.toString('latin1', at, at + 1);
  const text = buffer.toString('utf8', at + 1, lineEnd);
  const start = lineEnd + LINE_END.length;
  const count = Number(text);
  const each = AGGREGATES[type];
  const values = each === undefined ? 0 : Math.max(0, count) * each;
  const end = BULKS.includes(type) && count >= 0 ? start + count + LINE_END.length : start;
  return { type, text, start, end, values };
}

function decodeAt(buffer: Buffer, at: number): { readonly value: RespValue; readonly end: number } {
  const header = headerAt(buffer, at);
  if (header === undefined || header.end > buffer.length) throw new Error('not a whole frame');
  if (header.type === '|') return decodeAt(buffer, skip(buffer, header));
  if (header.type in AGGREGATES && header.text !== '-1') return decodeAggregate(buffer, header);
  return { value: leaf(buffer, header), end: header.end };
}

function decodeAggregate(buffer: Buffer, header: Header): { readonly value: RespValue; readonly end: number } {
  const value: RespValue[] = [];
  let { end } = header;
  for (let index = 0; index < header.values; index++) {
    const next = decodeAt(buffer, end);
    value.push(next.value);
    ({ end } = next);
  }
  return { value, end };
}

function skip(buffer: Buffer, header: Header): number {
  return decodeAggregate(buffer, header).end;
}

function leaf(buffer: Buffer, { type, text, start, end }: Header): RespValue {
  if (type === '_' || text === '-1') return type === ':' ? -1 : null;
  if (type === ':' || type === ',') return Number(text);
  if (type === '#') return text === 't';
  if (type === '-') return new Error(text);
  if (!BULKS.includes(type)) return text;
  const bytes = buffer.toString('utf8', start, end - LINE_END.length);
  if (type === '!') return new Error(bytes);
  // A verbatim string begins with its format: `txt:`.
  return type === '=' ? bytes.slice(4) : bytes;
}
