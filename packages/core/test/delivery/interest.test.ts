import { systemClock } from '@rt/core';
import type { Broker } from '@rt/core';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { Interest } from '../../src/delivery/interest.ts';
import { ManualClock } from '../manual-clock.ts';

/** A broker that only remembers, answers late, and fails when told to. */
class RecordingBroker implements Broker {
  readonly name = 'recording';
  readonly subscribed = new Set<string>();
  readonly calls: string[] = [];
  failures = 0;
  isBusy = false;

  start = async (): Promise<void> => undefined;
  publish = async (): Promise<void> => undefined;
  close = async (): Promise<void> => undefined;
  health = () => ({ state: 'up' }) as const;

  subscribe(channel: string): Promise<void> {
    return this.#call(`+${channel}`, () => this.subscribed.add(channel));
  }

  unsubscribe(channel: string): Promise<void> {
    return this.#call(`-${channel}`, () => this.subscribed.delete(channel));
  }

  async #call(name: string, done: () => void): Promise<void> {
    expect(this.isBusy).toBe(false);
    this.isBusy = true;
    this.calls.push(name);
    await new Promise(setImmediate);
    this.isBusy = false;
    if (this.failures > 0) {
      this.failures--;
      throw new Error('refused');
    }
    done();
  }
}

const services = { clock: systemClock, lingerMs: 0, report: (): void => undefined };

describe('Interest', () => {
  it('asks the broker once for many subscribers, and lets go with the last', async () => {
    const broker = new RecordingBroker();
    const interest = new Interest(broker, services);
    await Promise.all([interest.acquire('a'), interest.acquire('a'), interest.acquire('a')]);
    interest.release('a');
    interest.release('a');
    await interest.acquire('a');
    expect(broker.calls).toEqual(['+a']);
    interest.release('a');
    interest.release('a');
    await expect.poll(() => broker.subscribed.size).toBe(0);
    expect(broker.calls).toEqual(['+a', '-a']);
  });

  it('ends with exactly what is wanted, whatever the order and timing, and never calls the broker twice at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), fc.boolean()), { maxLength: 30 }), async (steps) => {
        const broker = new RecordingBroker();
        const interest = new Interest(broker, services);
        let held = 0;
        const pending: Promise<void>[] = [];
        for (const [isAcquire, pauses] of steps) {
          if (isAcquire) {
            held++;
            pending.push(interest.acquire('a'));
          } else if (held > 0) {
            held--;
            interest.release('a');
          }
          if (pauses) await new Promise(setImmediate);
        }
        await Promise.all(pending);
        await expect.poll(() => broker.subscribed.has('a'), { interval: 1 }).toBe(held > 0);
      }),
      { numRuns: 100 },
    );
  });

  it('rejects when the broker refuses, and tries again for the next', async () => {
    const broker = new RecordingBroker();
    const interest = new Interest(broker, services);
    broker.failures = 1;
    const outcomes = await Promise.allSettled([interest.acquire('a'), interest.acquire('a')]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'fulfilled']);
    expect(broker.subscribed.has('a')).toBe(true);
  });

  it('keeps a channel for a while after the last has gone, where that is asked for', async () => {
    const [broker, clock] = [new RecordingBroker(), new ManualClock()];
    const interest = new Interest(broker, { ...services, clock, lingerMs: 30_000 });
    await interest.acquire('a');
    interest.release('a');
    clock.advance(29_999);
    expect(interest.count('a')).toBe(0);
    await interest.acquire('a');
    clock.advance(60_000);
    interest.release('a');
    clock.advance(30_000);
    await vi.waitFor(() => expect(broker.calls).toEqual(['+a', '-a']));
    expect(clock.pending).toBe(0);
  });

  it('lists what is held by prefix, in the order of the names, a page at a time', async () => {
    const interest = new Interest(new RecordingBroker(), services);
    for (const name of ['b.2', 'b.1', 'a', 'b.3', 'b.1']) await interest.acquire(name);
    expect(interest.list('b.', '', 2)).toEqual([
      ['b.1', 2],
      ['b.2', 1],
    ]);
    expect(interest.list('b.', 'b.2', 2)).toEqual([['b.3', 1]]);
    interest.release('a');
    expect(interest.list('', '', 10).map(([name]) => name)).toEqual(['b.1', 'b.2', 'b.3']);
  });
});
