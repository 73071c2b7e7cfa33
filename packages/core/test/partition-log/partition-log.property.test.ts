import { DEDUPE_WINDOW_MS } from '@rt/core';
import type { Position } from '@rt/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { MemoryOrder } from './memory-partition.ts';
import { Node } from './node.ts';
import type { Told } from './node.ts';

const CHANNELS = ['x', 'y', 'z'];
const RETENTION = { size: 6, ttlMs: 100_000 };
const RETENTION_MS = 100_000;

interface Stored {
  readonly channel: string;
  readonly text: string;
  readonly at: number;
}

/** The plain model of what is stored: the window of an id begins again with each copy. */
class Model {
  readonly stored: Stored[] = [];
  readonly #copies = new Map<string, number>();

  append(channel: string, text: string, { id, now }: { id: string | undefined; now: number }): boolean {
    if (id !== undefined) {
      const key = `${channel} ${id}`;
      const last = this.#copies.get(key);
      this.#copies.set(key, now);
      if (last !== undefined && now - last < DEDUPE_WINDOW_MS) return false;
    }
    this.stored.push({ channel, text, at: now });
    return true;
  }

  kept(channel: string, now: number): string[] {
    return this.stored
      .filter((entry) => entry.channel === channel)
      .slice(-RETENTION.size)
      .filter(({ at }) => now - at < RETENTION.ttlMs)
      .map(({ text }) => text);
  }
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      node: fc.nat(),
      parts: fc.array(
        fc.record({
          channel: fc.constantFrom(...CHANNELS),
          id: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 1_000, 20_000, 60_000, DEDUPE_WINDOW_MS - 1, DEDUPE_WINDOW_MS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('start' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('blink' as const), node: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('check' as const), channel: fc.constantFrom(...CHANNELS) }) },
);

interface Seen {
  readonly node: Node;
  readonly told: readonly (readonly Told[])[];
  readonly since: number;
}

it('agrees on every place, repeated id and proof wherever a node began to read, and keeps what the plain model keeps', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, gapOfPositions) => {
        const clock = new ManualClock();
        const order = new MemoryOrder(clock);
        order.step = gapOfPositions;
        const model = new Model();
        const nodes: Seen[] = [];
        const places = new Map(CHANNELS.map((channel) => [channel, [] as Position[]]));
        const start = async (): Promise<void> => {
          const node = await Node.start(order, { clock, retentionMs: RETENTION_MS });
          const followed = await Promise.all(CHANNELS.map((channel) => node.follow(channel)));
          CHANNELS.forEach((channel, index) => places.get(channel)!.push(followed[index]!.head));
          nodes.push({ node, told: followed.map(({ told }) => told), since: model.stored.length });
        };
        await start();
        for (const [index, action] of steps.entries()) {
          if (action.do === 'wait') clock.advance(action.ms);
          if (action.do === 'start' && nodes.length < 4) await start();
          if (action.do === 'expire') {
            // Only what no node that starts would read.
            const old = order.texts.filter(
              ({ at }) => clock.wallNow() - at > 2 * (RETENTION_MS + DEDUPE_WINDOW_MS),
            ).length;
            order.expire(Math.min(action.count, old));
          }
          if (action.do === 'blink') {
            const { partition } = nodes[action.node % nodes.length]!.node;
            partition.disconnect();
            partition.connect();
          }
          if (action.do === 'append') {
            const { log } = nodes[action.node % nodes.length]!.node;
            const work = action.parts.map(({ channel, id }, part) => ({
              channel,
              entries: [{ text: `${index}.${part}`, id }],
              retention: RETENTION,
            }));
            const appended = await log.append(work);
            action.parts.forEach(({ channel, id }, part) => {
              const isNew = model.append(channel, `${index}.${part}`, { id, now: clock.wallNow() });
              const [place] = appended[part] as readonly Position[];
              if (isNew) places.get(channel)!.push(place!);
            });
          }
          if (action.do === 'check') {
            const { channel } = action;
            const [first] = nodes;
            const now = clock.wallNow();
            const kept = (await first!.node.log.read(channel, { limit: 100 })).entries.map(({ text }) => text);
            expect(kept.slice(-RETENTION.size)).toEqual(model.kept(channel, now));
            for (const after of places.get(channel)!.slice(-12)) {
              const wanted = await first!.node.log.read(channel, { after, limit: 100 });
              for (const { node } of nodes.slice(1)) {
                const read = await node.log.read(channel, { after, limit: 100 });
                expect(['contiguous', 'trimmed']).toContain(read.proof);
                // A node that began later may know less, but says nothing else.
                if (read.proof === 'contiguous')
                  expect(read.entries.map(({ text, offset, tag }) => [text, offset, tag])).toEqual(
                    wanted.entries.map(({ text, offset, tag }) => [text, offset, tag]),
                  );
                if (wanted.proof === 'trimmed') expect(read.proof).toBe('trimmed');
              }
            }
          }
        }
        for (const { told, since } of nodes) {
          CHANNELS.forEach((channel, index) => {
            const delivered = told[index]!.flatMap((item) => ('entry' in item ? [item.entry.text] : []));
            expect(told[index]!.some((item) => 'gap' in item)).toBe(false);
            expect(delivered).toEqual(
              model.stored
                .slice(since)
                .filter((entry) => entry.channel === channel)
                .map(({ text }) => text),
            );
          });
        }
        for (const { node } of nodes) node.log.close();
      },
    ),
    { numRuns: 400 },
  );
}, 120_000);
