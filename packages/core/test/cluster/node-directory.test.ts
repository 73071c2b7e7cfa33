import { describe, expect, it } from 'vitest';
import { NodeDirectory } from '../../src/cluster/node-directory.ts';
import { ManualClock } from '../manual-clock.ts';

/** A directory whose own beats come back while `isBrokerUp`, and peers that beat while they live. */
class Neighbourhood {
  readonly clock = new ManualClock();
  readonly events: string[] = [];
  readonly alive = new Set<string>();
  isBrokerUp = true;
  readonly directory = new NodeDirectory('self', this.clock, {
    came: (node) => this.events.push(`+${node}`),
    went: (node, isOrderly) => this.events.push(`${isOrderly ? 'bye ' : '-'}${node}`),
  });

  constructor(...peers: readonly string[]) {
    this.directory.start(() => this.isBrokerUp);
    for (const peer of peers) this.alive.add(peer);
    this.clock.every(1_000, () => {
      if (!this.isBrokerUp) return;
      for (const node of ['self', ...this.alive]) this.directory.heard(node, true);
    });
    this.clock.advance(1_000);
    this.events.length = 0;
  }
}

describe('NodeDirectory', () => {
  it('hears of nodes that come, and of those that say goodbye', () => {
    const { directory, events, clock } = new Neighbourhood();
    directory.heard('a', true);
    directory.heard('b', false);
    directory.left('a');
    directory.left('a');
    clock.advance(500);
    expect(events).toEqual(['+a', '+b', 'bye a']);
    expect([directory.nodes, directory.serving]).toEqual([['b'], []]);
  });

  it('drops a node after 5 to 6 seconds of silence [B7]', () => {
    const { alive, clock, events } = new Neighbourhood('a', 'b');
    alive.delete('a');
    clock.advance(4_900);
    expect(events).toEqual([]);
    clock.advance(1_100);
    expect(events).toEqual(['-a']);
  });

  it('drops the only other node as well', () => {
    const { alive, clock, events } = new Neighbourhood('a');
    alive.clear();
    clock.advance(6_000);
    expect(events).toEqual(['-a']);
  });

  it('gives those that fall silent together twice the time', () => {
    const { alive, clock, events } = new Neighbourhood('a', 'b', 'c');
    alive.clear();
    clock.advance(9_000);
    expect(events).toEqual([]);
    clock.advance(2_000);
    expect(events).toEqual(['-a', '-b', '-c']);
  });

  it('drops nobody while its own beats do not come back, nor until the others had time to be heard again [B2]', () => {
    const town = new Neighbourhood('a', 'b');
    town.isBrokerUp = false;
    town.clock.advance(40_000);
    town.isBrokerUp = true;
    town.alive.delete('b');
    town.clock.advance(4_000);
    expect(town.events).toEqual([]);
    town.clock.advance(3_000);
    expect(town.events).toEqual(['-b']);
  });

  it('drops nobody after it stood still itself', () => {
    const { clock, directory, events } = new Neighbourhood('a');
    // A process that was stopped finds one late timer, and whatever it was sent meanwhile later still.
    const now = clock.now();
    clock.now = () => now + 60_000;
    clock.advance(500);
    directory.heard('a', true);
    expect(events).toEqual([]);
  });

  it('takes a node that was dropped for a new one when it is heard again', () => {
    const { alive, clock, events } = new Neighbourhood('a', 'b');
    alive.delete('a');
    clock.advance(6_000);
    alive.add('a');
    clock.advance(1_000);
    expect(events).toEqual(['-a', '+a']);
  });
});
