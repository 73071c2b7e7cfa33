import {
  decodeClientFrame,
  isFrameProblem,
  fillLines,
  messageFrame,
  MessageLines,
  MessageNames,
  messageTail,
  serverFrame,
} from '@rt/protocol';
import type { ServerFrame } from '@rt/protocol';
import { describe, expect, it } from 'vitest';
import golden from './golden-frames.json' with { type: 'json' };

/** What a golden message frame is made of. */
interface MessageOfFrame {
  readonly cursor: string | null;
  readonly channel: string;
  readonly event: string;
  readonly dataText: string;
  readonly id: string;
  readonly at: number;
  readonly user?: string;
}

const nested = (depth: number): string => `["send",1,"a","b",${'['.repeat(depth)}${']'.repeat(depth)}]`;

describe('golden client frames', () => {
  it.each(golden.client)('$frame is read as it is: $means', ({ frame }) => {
    expect(decodeClientFrame(frame)).toEqual(JSON.parse(frame));
  });

  it.each(golden.refused)('$frame is refused with $code', ({ frame, code, n }) => {
    expect(decodeClientFrame(frame)).toMatchObject({ code, n });
  });

  it('refuses data nested deeper than 64, and takes 64', () => {
    expect(isFrameProblem(decodeClientFrame(nested(64)))).toBe(false);
    expect(decodeClientFrame(nested(65))).toMatchObject({ code: 'INVALID_DATA', n: 1 });
    expect(decodeClientFrame(nested(30_000))).toMatchObject({ code: 'INVALID_DATA', n: 1 });
  });
});

describe('golden server frames', () => {
  it.each(golden.server)('$frame is written so: $means', ({ frame }) => {
    expect(serverFrame(JSON.parse(frame) as ServerFrame)).toBe(frame);
  });

  it.each(golden.messages)('$frame is spliced from its parts and is the same JSON', ({ message, frame }) => {
    const { cursor, channel, event, dataText, id, at, user }: MessageOfFrame = message;
    const parts = { names: new MessageNames(channel, event), dataText, tail: messageTail(at, user) };
    const lines = new MessageLines(id);
    lines.add(parts.names, dataText, parts.tail);
    const text = cursor === null ? messageFrame({ ...parts, id }) : fillLines(lines.take(), cursor);
    expect(text).toBe(frame);
    expect(JSON.parse(text)).toEqual(JSON.parse(frame));
  });

  it('costs at most 32 bytes besides its values', () => {
    const lines = new MessageLines('i');
    lines.add(new MessageNames('c', 'e'), '1', messageTail(1, 'u'));
    const text = fillLines(lines.take(), 'o');
    expect(text.length - 'ceo1i1u'.length).toBeLessThanOrEqual(32);
  });
});
