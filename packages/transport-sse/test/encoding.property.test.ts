import { isEventName, serverFrame } from '@rt/protocol';
import type { JsonValue, ServerFrame } from '@rt/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReaderEncoding } from '../src/reader-encoding.ts';
import { sseEncoding } from '../src/sse-encoding.ts';
import { EventParser } from './event-parser.ts';

/** What could make a line, a field or an event of its own. */
const shapes = fc.string({
  unit: fc.constantFrom('\r', '\n', ':', ' ', 'data', 'event', 'id', '\u2028', '\u0085', '"', '\\', '\0'),
});
// What JSON carries: −0 is 0, and `__proto__` is a key like any other.
const json = fc
  .oneof(fc.jsonValue({ stringUnit: 'binary' }), shapes, fc.dictionary(shapes, shapes))
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
const name = fc.oneof(shapes, fc.string({ unit: 'binary' })).filter(isEventName);
const cursor = fc.option(fc.stringMatching(/^[\w-]{1,20}\.[0-9a-z]{1,11}\.[0-9a-z]{1,4}$/));

function message(channel: string, event: string, data: JsonValue, place: string | null): string {
  const frame: ServerFrame = ['m', channel, event, place, data, ['id', 1]];
  return serverFrame(frame);
}

describe('W10: frames as events', () => {
  it('come back as the same frames, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, json, cursor), { minLength: 1, maxLength: 20 }), (messages) => {
        const frames = messages.map(([event, data, place]) => message('news', event, data, place));
        const events = new EventParser().read(Buffer.from(sseEncoding.encode(frames, frames.join('\n'))).toString());
        expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['message']));
        expect(events.flatMap(({ data }) => data.split('\n'))).toEqual(frames);
      }),
    );
  });

  it('are as many events as messages to a plain reader, each with its own name, data and id', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, json, cursor), { minLength: 1, maxLength: 20 }), (messages) => {
        const frames = messages.map(([event, data, place]) => message('news', event, data, place));
        const bytes = new ReaderEncoding('news').encode([...frames, message('sport', 'n', 1, null)]);
        const events = new EventParser().read(Buffer.from(bytes).toString());
        expect(events.map(({ event, data, id = null }) => [event, JSON.parse(data), id])).toEqual(messages);
      }),
    );
  });

  it('of other channels, and what only our client understands, are nothing to a plain reader', () => {
    const encoding = new ReaderEncoding('news');
    const limits = { maxFrameBytes: 1, maxChannels: 1, messagesPerMinute: 1, messageBurst: 1 };
    const frames: ServerFrame[] = [
      ['ready', 'c', 'ann', limits, 1],
      ['sub', 0, 'user.ann', 'cursor', false],
      ['gap', 'user.ann', 'expired', 'cursor'],
      ['skip', 'user.ann', 'cursor'],
      ['unsub', 'user.ann', 'FORBIDDEN'],
      ['pres', 'news', 1, [], [], [], 0],
      ['direct', 'event', 1],
      ['pong'],
    ];
    const bytes = encoding.encode(frames.map((frame) => serverFrame(frame)));
    expect([bytes.length, encoding.signsOf(bytes)]).toEqual([0, []]);
  });

  it('tell a plain reader where it is, but not beyond a gap that it was not told of', () => {
    const encode = (...frames: ServerFrame[]): string =>
      Buffer.from(new ReaderEncoding('news').encode(frames.map((frame) => serverFrame(frame)))).toString();
    expect(encode(['sub', 0, 'news', 'a', false])).toBe('id: a\n\n');
    expect(encode(['skip', 'news', 'b'], ['skip', 'news', 'c'])).toBe('id: c\n\n');
    expect(encode(['sub', 0, 'news', 'd', false], ['gap', 'news', 'epoch', 'd'])).toBe(
      'event: rt.gap\nid: d\ndata: {"reason":"epoch"}\n\n',
    );
    expect(encode(['m', 'news', 'x', 'e', 1, ['id', 1]], ['skip', 'news', 'f'])).toBe(
      'event: x\nid: e\ndata: 1\n\nid: f\n\n',
    );
  });
});
