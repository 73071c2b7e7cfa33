import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PresenceGossip } from '../../src/cluster/presence-gossip.ts';
import type { PresenceEntry } from '../../src/cluster/presence-wire.ts';
import { writeMessage } from '../../src/cluster/wire.ts';
import { ManualClock } from '../manual-clock.ts';

const NODES = ['a', 'b', 'c'];

/** Nodes that gossip over a network that loses, doubles and delays what it likes. */
class Network {
  readonly clock = new ManualClock();
  readonly own = new Map<string, Map<string, PresenceEntry>>();
  /** What each node believes of each other one. */
  readonly views = new Map<string, Map<string, PresenceEntry>>();
  readonly gossips = new Map<string, PresenceGossip>();
  /** How many times the next messages arrive; later ones once. */
  readonly fates: number[];
  #later: (() => void)[] = [];

  constructor(fates: readonly number[]) {
    this.fates = [...fates];
    for (const nodeId of NODES) this.#add(nodeId);
    for (const gossip of this.gossips.values()) gossip.start();
  }

  /** Delivers what is on its way. */
  run(): void {
    while (this.#later.length > 0) for (const deliver of this.#later.splice(0)) deliver();
  }

  change(node: string, user: string, n: number): void {
    const own = this.own.get(node)!;
    if (n === 0) own.delete(user);
    else own.set(user, ['presence-x', user, { n }, n, false, n]);
    this.gossips.get(node)!.changed('presence-x', user);
  }

  #add(nodeId: string): void {
    const own = new Map<string, PresenceEntry>();
    this.own.set(nodeId, own);
    this.gossips.set(
      nodeId,
      new PresenceGossip({
        nodeId,
        clock: this.clock,
        graceMs: 0,
        members: {
          ownEntry: (channel, user) => own.get(user) ?? [channel, user, null, 0, false, 0],
          ownEntries: () => own.values(),
          apply: (node, entry) => this.#view(nodeId, node).set(entry[1], entry),
        },
        isThere: () => true,
        say: (channel, message) => {
          const text = writeMessage(message);
          for (const [id, gossip] of this.gossips) {
            if (!gossip.channels.includes(channel)) continue;
            const times = id === nodeId ? 1 : (this.fates.pop() ?? 1);
            for (let time = 0; time < times; time++) this.#later.push(() => gossip.receive(text));
          }
        },
        dropped: () => {
          throw new Error('a message of our own could not be read');
        },
      }),
    );
  }

  #view(at: string, of: string): Map<string, PresenceEntry> {
    const key = `${at}<${of}`;
    const view = this.views.get(key) ?? new Map<string, PresenceEntry>();
    this.views.set(key, view);
    return view;
  }

  /** What `at` believes of `of`, without those that are no members. */
  believed(at: string, of: string): Record<string, unknown> {
    const present = [...this.#view(at, of).values()].filter((entry) => entry[2] !== null);
    return Object.fromEntries(present.map((entry) => [entry[1], entry]));
  }
}

it('has every node believe the same of every other, whatever the network lost, doubled or held back', () => {
  const step = fc.record({
    node: fc.constantFrom(...NODES),
    user: fc.constantFrom('u', 'v', 'w', 'x'),
    n: fc.nat(5),
    waitMs: fc.constantFrom(0, 50, 250, 1_000),
    delivers: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.array(fc.nat(2), { maxLength: 200 }), (steps, fates) => {
      const network = new Network(fates);
      for (const { node, user, n, waitMs, delivers } of steps) {
        network.change(node, user, n);
        if (delivers) network.run();
        network.clock.advance(waitMs);
      }
      network.fates.length = 0;
      for (let second = 0; second < 8; second++) {
        network.clock.advance(1_000);
        network.run();
      }
      for (const of of NODES) {
        const truth = Object.fromEntries(network.own.get(of)!);
        for (const at of NODES) if (at !== of) expect(network.believed(at, of)).toEqual(truth);
      }
    }),
    { numRuns: 300 },
  );
});
