import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FrameQueue } from '../src/http/frame-queue.ts';

it('hands out every frame once and in order, at most 100 at a time, and within the limit unless one alone is larger', () => {
  const frame = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).filter((text) => !text.includes('\n'));
  const messages = fc.array(fc.array(frame, { minLength: 1, maxLength: 150 }), { maxLength: 10 });
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 3_000 }), (added, maxBytes) => {
      const queue = new FrameQueue();
      for (const frames of added) queue.add(frames.join('\n'));
      const taken: string[][] = [];
      while (!queue.isEmpty) taken.push(queue.take(maxBytes).split('\n'));
      expect(taken.flat()).toEqual(added.flat());
      for (const frames of taken) {
        expect(frames.length).toBeLessThanOrEqual(100);
        if (frames.length > 1) expect(Buffer.byteLength(frames.join('\n'))).toBeLessThanOrEqual(maxBytes);
      }
    }),
  );
});
