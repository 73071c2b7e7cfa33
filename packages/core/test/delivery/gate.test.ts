import type { RealtimeError } from '@rt/protocol';
import { describe, expect, it } from 'vitest';
import { Gate } from '../../src/delivery/gate.ts';
import type { Work } from '../../src/delivery/gate.ts';
import { ManualClock } from '../manual-clock.ts';

/** Work that writes down what became of it. */
function work(name: string, events: string[], length = 10): Work {
  return {
    length,
    isAwaited: true,
    send: () => events.push(`sent ${name}`),
    refuse: ({ code }: RealtimeError) => events.push(`${code} ${name}`),
  };
}

describe('Gate', () => {
  it('lets everything through at once while the broker answers', () => {
    const events: string[] = [];
    new Gate(new ManualClock(), 5_000).pass(work('a', events));
    expect(events).toEqual(['sent a']);
  });

  it('holds what comes while it does not, and sends it in order when it is back', () => {
    const [clock, events] = [new ManualClock(), [] as string[]];
    const gate = new Gate(clock, 5_000);
    gate.set(false);
    for (const name of ['a', 'b', 'c']) gate.pass(work(name, events));
    clock.advance(4_999);
    expect(events).toEqual([]);
    gate.set(true);
    gate.pass(work('d', events));
    expect(events).toEqual(['sent a', 'sent b', 'sent c', 'sent d']);
    expect(clock.pending).toBe(0);
  });

  it('refuses as surely not sent what waited as long as a publish may take', () => {
    const [clock, events] = [new ManualClock(), [] as string[]];
    const gate = new Gate(clock, 5_000);
    gate.set(false);
    gate.pass(work('a', events));
    clock.advance(2_000);
    gate.pass(work('b', events));
    clock.advance(3_000);
    gate.set(true);
    clock.advance(10_000);
    expect(events).toEqual(['BROKER_DOWN a', 'sent b']);
  });

  it('holds 16 MiB and refuses more at once', () => {
    const [clock, events] = [new ManualClock(), [] as string[]];
    const gate = new Gate(clock, 5_000);
    gate.set(false);
    gate.pass(work('a', events, 16 * 1024 * 1024));
    gate.pass(work('b', events, 1));
    expect(events).toEqual(['BROKER_DOWN b']);
    gate.set(true);
    gate.set(false);
    gate.pass(work('c', events, 16 * 1024 * 1024));
    gate.set(true);
    expect(events).toEqual(['BROKER_DOWN b', 'sent a', 'sent c']);
  });

  it('stays shut for what a sender sets off while it opens and shuts again', () => {
    const [clock, events] = [new ManualClock(), [] as string[]];
    const gate = new Gate(clock, 5_000);
    gate.set(false);
    const first = { ...work('a', events), send: () => (events.push('sent a'), gate.set(false)) };
    gate.pass(first);
    gate.pass(work('b', events));
    gate.set(true);
    expect(events).toEqual(['sent a']);
    gate.set(true);
    expect(events).toEqual(['sent a', 'sent b']);
  });
});
