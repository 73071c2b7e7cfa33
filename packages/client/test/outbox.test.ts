import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Outbox } from '../src/outbox.ts';

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

it('joins the frames of one tick into one message', async () => {
  const messages: string[] = [];
  const outbox = new Outbox({ send: (message) => messages.push(message) });
  outbox.add('[1]');
  outbox.add('[2]');
  expect(messages).toEqual([]);
  await Promise.resolve();
  outbox.add('[3]');
  await Promise.resolve();
  expect(messages).toEqual(['[1]\n[2]', '[3]']);
});

it('keeps every frame, in order, in messages within the limit that could not be fewer side by side', () => {
  fc.assert(
    fc.property(fc.array(fc.json({ maxDepth: 1 })), fc.integer({ min: 1, max: 60 }), (texts, maxBytes) => {
      const messages: string[] = [];
      const outbox = new Outbox({ send: (message) => messages.push(message) });
      outbox.maxBytes = maxBytes;
      const fitting = texts.map((text) => JSON.stringify(JSON.parse(text))).filter((text) => bytesOf(text) <= maxBytes);
      for (const text of fitting) outbox.add(text);
      outbox.flush();
      expect(messages.flatMap((message) => message.split('\n'))).toEqual(fitting);
      for (const [index, message] of messages.entries()) {
        expect(bytesOf(message)).toBeLessThanOrEqual(maxBytes);
        const first = messages[index + 1]?.split('\n')[0];
        if (first !== undefined) expect(bytesOf(`${message}\n${first}`)).toBeGreaterThan(maxBytes);
      }
    }),
  );
});

it('refuses a frame that is larger than the limit, in bytes of UTF-8', () => {
  const outbox = new Outbox({ send: () => {} });
  outbox.maxBytes = 5;
  outbox.add('"äö"'.slice(1));
  expect(() => outbox.add('"äö"')).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
});
