import {
  decodeClientFrame,
  eachLine,
  eventNameProblem,
  isChannelName,
  isEventName,
  isFrameProblem,
  cursorSuffix,
  fillLines,
  formatCursor,
  messageFrame,
  MessageLines,
  messageLines,
  MessageNames,
  messageTail,
  parseCursor,
} from '@rt/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const channelName = fc.stringMatching(/^[A-Za-z0-9_\-=@,.;:]{1,164}$/);
const eventName = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter(isEventName);
/** What JSON can say and say again: −0 is written as 0. */
const json = fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

describe('the codec', () => {
  it('reads back every send frame that JSON can write', () => {
    fc.assert(
      fc.property(fc.nat(), channelName, eventName, json, (n, channel, event, data) => {
        const frame = ['send', n, channel, event, data];
        expect(decodeClientFrame(JSON.stringify(frame))).toEqual(frame);
      }),
    );
  });

  it('never throws, whatever text comes in', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json(),
          fc.array(fc.jsonValue()).map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const decoded = decodeClientFrame(text);
          if (isFrameProblem(decoded)) expect(Number.isSafeInteger(decoded.n) && decoded.n >= 0).toBe(true);
        },
      ),
    );
  });

  it('writes a message as one line that says exactly what went in', () => {
    fc.assert(
      fc.property(
        channelName,
        eventName,
        json,
        fc.option(fc.string({ unit: 'binary', minLength: 1 }), { nil: undefined }),
        (channel, event, data, user) => {
          const names = new MessageNames(channel, event);
          const frame = messageFrame({
            names,
            dataText: JSON.stringify(data),
            id: 'i.1',
            tail: messageTail(5, user),
          });
          expect(frame).not.toMatch(/[\r\n]/);
          expect(JSON.parse(frame)).toEqual([
            'm',
            channel,
            event,
            null,
            data,
            user === undefined ? ['i.1', 5] : ['i.1', 5, user],
          ]);
        },
      ),
    );
  });

  it('writes messages that are stored as one as a line each, and gives them cursors and ids one behind the other', () => {
    const message = fc.record({
      event: eventName,
      data: json,
      user: fc.option(fc.string({ unit: 'binary', minLength: 1 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(channelName, fc.array(message, { minLength: 1, maxLength: 50 }), (channel, messages) => {
        const lines = new MessageLines('i.1');
        for (const [index, { event, data, user }] of messages.entries()) {
          const names = new MessageNames(channel, event);
          expect(lines.add(names, JSON.stringify(data), messageTail(5, user))).toBe(index);
        }
        const { length } = lines;
        const text = lines.take();
        expect([text.length, lines.take(), lines.count]).toEqual([length, '', messages.length]);
        const first = formatCursor({ epoch: 'e', offset: 35, tag: 't' });
        const frames = messageLines(fillLines(text, first), messages.length);
        expect(frames).toEqual(messageLines(text, messages.length).map((line) => fillLines(line, first)));
        for (const [index, frame] of frames.entries()) {
          const { event, data, user } = messages[index]!;
          const cursor = first + cursorSuffix(index);
          expect(parseCursor(cursor)).toEqual({ epoch: 'e', offset: 35 + index, tag: 't' });
          const id = lines.id + cursorSuffix(index);
          const meta = user === undefined ? [id, 5] : [id, 5, user];
          expect(JSON.parse(frame)).toEqual(['m', channel, event, cursor, data, meta]);
        }
      }),
    );
  });

  it('splits joined frames into the same frames, and stops when told to', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string().filter((line) => !line.includes('\n')),
          { minLength: 1 },
        ),
        fc.nat({ max: 5 }),
        (lines, stopAfter) => {
          const seen: string[] = [];
          eachLine(lines.join('\n'), (line) => void seen.push(line));
          expect(seen).toEqual(lines);
          const some: string[] = [];
          eachLine(lines.join('\n'), (line) => some.push(line) <= stopAfter);
          expect(some).toEqual(lines.slice(0, stopAfter + 1));
        },
      ),
    );
  });
});

describe('names', () => {
  it('takes exactly the charset and length of channel names', () => {
    fc.assert(fc.property(channelName, (name) => isChannelName(name)));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
        const allowed = name.length >= 1 && name.length <= 164 && /^[A-Za-z0-9_\-=@,.;:]*$/.test(name);
        expect(isChannelName(name)).toBe(allowed);
      }),
    );
  });

  it('measures event names in bytes of UTF-8, and gives a reason for each it refuses', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 250 }), (name) => {
        if (isEventName(name)) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
        else expect(eventNameProblem(name)).toMatch(/event name/);
      }),
    );
    expect(isEventName('é'.repeat(100))).toBe(true);
    expect(isEventName('é'.repeat(101))).toBe(false);
  });
});
