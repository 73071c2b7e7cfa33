import { decodeBus, encodeBus } from '@rt/core';
import type { BusWork } from '@rt/core';
import { RealtimeError } from '@rt/protocol';

/** What one message carries, in UTF-16 units, but for a single text that is longer. */
const MAX_LENGTH = 256 * 1024;
/** The newest RabbitMQ takes messages of 16 MiB, older ones more. */
const MAX_BYTES = 16 * 1024 * 1024;
const COUNT = /^[1-9]\d{0,9}$/;

/** A message of the bus: texts of all channels that share a routing key. */
export interface BusMessage {
  readonly key: string;
  readonly text: string;
}

/** One tick's work as messages, as few as may be. Throws `TOO_LARGE`. */
export function packBus(work: readonly BusWork[], keyOf: (channel: string) => string): readonly BusMessage[] {
  const messages: BusMessage[] = [];
  const open = new Map<string, { texts: string[]; length: number }>();
  const send = (key: string): void => {
    const text = encodeBus(open.get(key)!.texts);
    checkLength(text);
    messages.push({ key, text });
    open.delete(key);
  };
  for (const { channel, texts } of work) {
    const key = keyOf(channel);
    let rest = texts;
    while (rest.length > 0) {
      let message = open.get(key);
      if (message === undefined) open.set(key, (message = { texts: [], length: 0 }));
      const count = fitting(rest, MAX_LENGTH - message.length);
      if (count === 0) {
        send(key);
        continue;
      }
      const part = rest.slice(0, count);
      message.texts.push(channel, String(count), ...part);
      for (const text of part) message.length += text.length;
      rest = rest.slice(count);
    }
  }
  for (const key of open.keys()) send(key);
  return messages;
}

/** How many of `texts` fit into `length`: at least one where nothing else is there. */
function fitting(texts: readonly string[], length: number): number {
  let left = length;
  let count = 0;
  while (count < texts.length && (left -= texts[count]!.length) >= 0) count++;
  return count === 0 && length === MAX_LENGTH ? 1 : count;
}

/** What a message of the bus says, or `undefined` where no broker of this version can have written it. */
export function unpackBus(payload: string): readonly BusWork[] | undefined {
  const flat = decodeBus(payload);
  if (flat === undefined) return undefined;
  const work: BusWork[] = [];
  for (let at = 0; at < flat.length;) {
    const [channel, count] = [flat[at]!, flat[at + 1]];
    if (count === undefined || !COUNT.test(count)) return undefined;
    const end = at + 2 + Number(count);
    if (end > flat.length) return undefined;
    work.push({ channel, texts: flat.slice(at + 2, end) });
    at = end;
  }
  return work;
}

/** What a message of a stream says. */
export interface StreamRecord {
  /**
   * `record`: of a node that knows the stream. `mark`: of one that has just come, and looks where the stream ends. Where it is the first
   * one there ever was, its epoch is the stream's.
   */
  readonly kind: 'record' | 'mark';
  readonly epoch: string;
  /** When it was sent, in milliseconds since 1970. */
  readonly at: number;
  /** How many streams its writer spreads the log over. */
  readonly partitions: number;
  readonly text: string;
}

const HEAD = /^1([lm]) ([A-Za-z0-9_-]{1,64}) (\d{1,15}) (\d{1,2})$/;
/** Longer than any head of ours. */
const MAX_HEAD_LENGTH = 128;

/** A message of a stream. Throws `TOO_LARGE`. */
export function encodeStream({ kind, epoch, at, partitions, text }: StreamRecord): string {
  const message = `1${kind === 'record' ? 'l' : 'm'} ${epoch} ${at} ${partitions}\n${text}`;
  checkLength(message);
  return message;
}

/** What a message of a stream says, or `undefined` where no broker of this version can have written it. */
export function decodeStream(payload: string): StreamRecord | undefined {
  const end = payload.indexOf('\n');
  if (end < 0 || end > MAX_HEAD_LENGTH) return undefined;
  const head = HEAD.exec(payload.slice(0, end));
  if (head === null) return undefined;
  return {
    kind: head[1] === 'l' ? 'record' : 'mark',
    epoch: head[2]!,
    at: Number(head[3]),
    partitions: Number(head[4]),
    text: payload.slice(end + 1),
  };
}

function checkLength(message: string): void {
  if (message.length * 3 <= MAX_BYTES || Buffer.byteLength(message) <= MAX_BYTES) return;
  throw new RealtimeError('TOO_LARGE', `RabbitMQ takes messages of ${MAX_BYTES} bytes at most`);
}
