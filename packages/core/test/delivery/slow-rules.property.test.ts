import { Realtime } from '@rt/core';
import type { SlowReaderRule } from '@rt/core';
import { parseCursor } from '@rt/protocol';
import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TestWire } from '../test-wire.ts';
import type { TestClient } from '../test-wire.ts';

const CHANNEL = 'prices';

interface Message {
  readonly n: number;
  readonly key: string;
  readonly isForIt: boolean;
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      key: fc.constantFrom('a', 'b', 'c'),
      padding: fc.constantFrom(0, 0, 4_000),
      isForIt: fc.constantFrom(true, true, false),
      isVolatile: fc.constantFrom(false, false, true),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fill' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('drain' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('return' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** One client that is slow at times, and goes away and comes back with the place that it stored. */
class Run {
  readonly published: Message[] = [];
  /** The numbers of the kept messages that it got, and every place that it was told. */
  readonly got: number[] = [];
  readonly places: number[] = [];
  readonly #wire = new TestWire();
  readonly #realtime: Realtime;
  readonly #hasHistory: boolean;
  #client!: TestClient;
  #cursor: string | null = null;
  #read = 0;

  constructor(slowReader: SlowReaderRule, hasHistory: boolean) {
    this.#hasHistory = hasHistory;
    this.#realtime = new Realtime({
      transports: [this.#wire],
      logger: false,
      limits: { maxQueuedBytes: 64 * 1024 },
      channels: { [CHANNEL]: hasHistory ? { slowReader } : { slowReader, history: false } },
    });
  }

  async run(steps: readonly Step[]): Promise<void> {
    await this.#realtime.start();
    await this.#connect();
    for (const one of steps) await this.#do(one);
    for (let round = 0; round < 5; round++) await this.#drain();
    await this.#realtime.close({ drainMs: 0 });
  }

  async #do(one: Step): Promise<void> {
    switch (one.do) {
      case 'publish': {
        const { key, padding, isForIt, isVolatile } = one;
        const message = { n: this.published.length, key, isForIt };
        const data = { ...message, key: isVolatile ? 'volatile' : key, isVolatile, text: 'x'.repeat(padding) };
        const except = isForIt ? {} : { except: { instance: this.#client.instance } };
        if (!isVolatile) this.published.push(message);
        void this.#realtime.broadcast(CHANNEL, 'price', data, { volatile: isVolatile, ...except });
        return;
      }
      case 'fill':
        await this.#settle();
        this.#client.bufferedBytes = 20_000;
        return;
      case 'drain':
        return this.#drain();
      case 'return':
        if (!this.#hasHistory) return;
        await this.#settle();
        this.#client.abort();
        return this.#connect();
    }
  }

  async #connect(): Promise<void> {
    const instance = this.#client?.instance;
    this.#client = this.#wire.connect();
    this.#read = 0;
    this.#client.send(['connect', 1, instance ?? this.#client.instance, null, [[CHANNEL, this.#cursor]]]);
    if (instance !== undefined) Object.defineProperty(this.#client, 'instance', { value: instance });
    await this.#settle();
  }

  async #drain(): Promise<void> {
    await this.#settle();
    this.#client.drain();
    await this.#settle();
  }

  async #settle(): Promise<void> {
    for (let round = 0; round < 4; round++) await turn();
    for (const text of this.#client.writes.slice(this.#read)) for (const line of text.split('\n')) this.#take(line);
    this.#read = this.#client.writes.length;
  }

  #take(line: string): void {
    const frame = JSON.parse(line) as unknown[];
    const data = frame[4] as { readonly n: number; readonly isVolatile: boolean };
    if (frame[0] === 'm' && !data.isVolatile) this.got.push(data.n);
    const cursor = { sub: frame[3], m: frame[3], gap: frame[3], skip: frame[2] }[String(frame[0])];
    if (typeof cursor !== 'string') return;
    this.#cursor = cursor;
    this.places.push(parseCursor(cursor)!.offset);
  }
}

const rising = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number > numbers[index - 1]!);

describe.each([
  ['with history', true],
  ['without history', false],
] as const)('a reader that is slow at times, of a channel %s', (_, hasHistory) => {
  it('under latest gets the last message of each key, in order, none twice, and its place never goes back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const run = new Run({ latest: 'data.key' }, hasHistory);
        await run.run(steps);
        expect(rising(run.got), `rising: ${run.got.join()}`).toBe(true);
        expect(run.places).toEqual(run.places.toSorted((one, other) => one - other));
        const its = run.published.filter(({ isForIt }) => isForIt);
        expect(its.map(({ n }) => n)).toEqual(expect.arrayContaining(run.got));
        for (const key of ['a', 'b', 'c']) {
          const last = its.findLast((message) => message.key === key);
          if (last !== undefined) expect(run.got).toContain(last.n);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('under drop gets some, in order, none twice, and its place never goes back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const run = new Run('drop', hasHistory);
        await run.run(steps);
        expect(rising(run.got), `rising: ${run.got.join()}`).toBe(true);
        expect(run.places).toEqual(run.places.toSorted((one, other) => one - other));
        const its = run.published.filter(({ isForIt }) => isForIt).map(({ n }) => n);
        expect(its).toEqual(expect.arrayContaining(run.got));
        if (!steps.some((one) => one.do === 'fill')) expect(run.got).toEqual(its);
      }),
      { numRuns: 200 },
    );
  });
});
