import { RealtimeError } from '@rt/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Places } from '../../src/invocations/places.ts';
import { ManualClock } from '../manual-clock.ts';

type Step =
  | { readonly do: 'enter'; readonly who: number }
  | { readonly do: 'leave' | 'cancel'; readonly which: number }
  | { readonly do: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('enter' as const), who: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'cancel' as const), which: fc.nat(20) }) },
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(60) }),
);

/** One that asked for a place. */
interface Guest {
  readonly who: object;
  readonly abort: AbortController;
  state: 'waiting' | 'running' | 'refused' | 'cancelled' | 'gone';
}

it('never more than the limits say, nobody waits while there is room, each connection in order, and everything is given back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const limits = { running: 2, runningTotal: 4, queued: 3, queuedTotal: 5, waitMs: 100 };
      const clock = new ManualClock();
      const places = new Places(clock, limits, () => new RealtimeError('OVERLOADED', 'x'));
      const connections = [{}, {}, {}, {}];
      const guests: Guest[] = [];
      const count = (state: Guest['state'], who?: object): number =>
        guests.filter((guest) => guest.state === state && (who === undefined || guest.who === who)).length;
      const settle = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));
      const enter = (who: object): void => {
        const guest: Guest = { who, abort: new AbortController(), state: 'waiting' };
        guests.push(guest);
        const isFull = count('waiting', who) > limits.queued || count('waiting') > limits.queuedTotal;
        try {
          const turn = places.enter(who, guest.abort.signal);
          if (turn === undefined) guest.state = 'running';
          turn?.then(
            () => (guest.state = 'running'),
            (error: unknown) => (guest.state = error instanceof RealtimeError ? 'refused' : 'cancelled'),
          );
        } catch {
          guest.state = 'refused';
          expect(isFull).toBe(true);
        }
      };
      const check = (): void => {
        expect([places.running, places.queued]).toEqual([count('running'), count('waiting')]);
        expect(count('running')).toBeLessThanOrEqual(limits.runningTotal);
        for (const who of connections) {
          expect(count('running', who)).toBeLessThanOrEqual(limits.running);
          const hasRoom = count('running') < limits.runningTotal && count('running', who) < limits.running;
          if (hasRoom) expect(count('waiting', who)).toBe(0);
          // Who came later never runs while one before it waits.
          const own = guests.filter((guest) => guest.who === who).map(({ state }) => state);
          const firstWaiting = own.indexOf('waiting');
          if (firstWaiting !== -1) expect(own.slice(firstWaiting)).not.toContain('running');
        }
      };
      for (const each of steps) {
        if (each.do === 'enter') enter(connections[each.who]!);
        else if (each.do === 'wait') clock.advance(each.ms);
        else {
          const state = each.do === 'leave' ? 'running' : 'waiting';
          const those = guests.filter((guest) => guest.state === state);
          const guest = those[each.which % those.length];
          if (guest !== undefined && each.do === 'cancel') guest.abort.abort();
          else if (guest !== undefined) {
            guest.state = 'gone';
            places.leave(guest.who);
          }
        }
        await settle();
        check();
      }
      for (let guest; (guest = guests.find(({ state }) => state === 'running')); await settle()) {
        guest.state = 'gone';
        places.leave(guest.who);
      }
      check();
      expect([places.running, places.queued, clock.pending]).toEqual([0, 0, 0]);
    }),
    { numRuns: 200 },
  );
});
