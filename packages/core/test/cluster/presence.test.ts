import { memoryBroker } from '@rt/core';
import { faultyBroker, ManualClock } from '@rt/core/testing';
import type { FaultyBroker } from '@rt/core/testing';
import { describe, expect, it } from 'vitest';
import { settle } from '../presence/room.ts';
import { RosterCopy } from '../presence/roster-copy.ts';
import { Town } from './town.ts';
import type { TownNode } from './town.ts';

const CHANNEL = 'presence-room';

class PresenceTown extends Town {
  readonly clock: ManualClock;

  constructor() {
    const clock = new ManualClock();
    super({ clock });
    this.clock = clock;
  }

  /** Moves the time on as a process lives through it: many small steps. */
  async wait(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.advance(100);
      await settle();
    }
  }

  async lossyNode(): Promise<TownNode & { readonly line: FaultyBroker }> {
    const line = faultyBroker({ broker: memoryBroker({ bus: this.bus }) });
    return Object.assign(await this.node({}, line), { line });
  }
}

async function ids({ realtime }: TownNode): Promise<string[]> {
  const members = await realtime.channel(CHANNEL).members();
  return members.map(({ id }) => id).sort();
}

/** What happened at a node, from now on. */
function listen({ realtime }: TownNode): string[] {
  const events: string[] = [];
  for (const event of ['joined', 'left', 'updated'] as const) {
    realtime.on(event, ({ member, isLocal }) => events.push(`${event} ${member.id}${isLocal ? '' : ' elsewhere'}`));
  }
  return events;
}

describe('presence on several nodes', () => {
  it('is the same on all of them, and on one that came later', async () => {
    const town = new PresenceTown();
    const [a, b] = [await town.node(), await town.node()];
    await a.client('ann', [CHANNEL]);
    await b.client('bob', [CHANNEL]);
    await town.wait(300);
    const later = await town.node();
    const publisher = await town.publisher();
    await town.wait(1_300);
    for (const node of [a, b, later, publisher]) expect(await ids(node)).toEqual(['ann', 'bob']);
  });

  it('tells clients of members of other nodes, in the roster and as they come and go', async () => {
    const town = new PresenceTown();
    const [a, b] = [await town.node(), await town.node()];
    const bob = await b.client('bob', [CHANNEL]);
    await town.wait(300);
    const copy = new RosterCopy(CHANNEL);
    const ann = a.realtime;
    const client = await a.client('ann');
    client.send(['sub', 1, CHANNEL]);
    copy.receive(await client.next());
    expect([...copy.members!.keys()].sort()).toEqual(['ann', 'bob']);
    bob.send(['unsub', 1, CHANNEL]);
    await town.wait(500);
    while (client.waiting > 0) copy.receive(await client.next());
    expect([...copy.members!.keys()]).toEqual(['ann']);
    expect(await ann.channel(CHANNEL).members()).toHaveLength(1);
  });

  it('says where something happened, so that it can be acted upon once', async () => {
    const town = new PresenceTown();
    const [a, b] = [await town.node(), await town.node()];
    const [atA, atB] = [listen(a), listen(b)];
    const ann = await a.client('ann', [CHANNEL]);
    await town.wait(300);
    ann.send(['unsub', 1, CHANNEL]);
    await town.wait(300);
    expect(atA).toEqual(['joined ann', 'left ann']);
    expect(atB).toEqual(['joined ann elsewhere', 'left ann elsewhere']);
  });

  it('counts a user once who is on two nodes, since the first of them and until the last is gone', async () => {
    const town = new PresenceTown();
    const [a, b] = [await town.node(), await town.node()];
    const one = await a.client('ann', [CHANNEL]);
    await town.wait(1_000);
    const [before] = await a.realtime.channel(CHANNEL).members();
    const [atA, atB] = [listen(a), listen(b)];
    const two = await b.client('ann', [CHANNEL]);
    await town.wait(1_000);
    one.send(['unsub', 1, CHANNEL]);
    await town.wait(1_000);
    expect(await b.realtime.channel(CHANNEL).members()).toEqual([before]);
    expect([atA, atB]).toEqual([[], []]);
    two.send(['unsub', 1, CHANNEL]);
    await town.wait(1_000);
    expect([atA, atB]).toEqual([['left ann elsewhere'], ['left ann']]);
  });

  it('shows the info of those who are there before that of those who are waited for', async () => {
    const town = new PresenceTown();
    const [a, b] = [await town.node(), await town.node()];
    for (const [node, place] of [
      [a, 'a'],
      [b, 'b'],
    ] as const) {
      node.realtime.authorize('presence-room', () => ({ place }));
    }
    const one = await a.client('ann', [CHANNEL]);
    await town.wait(500);
    await b.client('ann', [CHANNEL]);
    await town.wait(500);
    const placeAt = async (node: TownNode): Promise<unknown> =>
      (await node.realtime.channel(CHANNEL).members())[0]?.info['place'];
    expect([await placeAt(a), await placeAt(b)]).toEqual(['a', 'a']);
    one.abort();
    await town.wait(500);
    expect([await placeAt(a), await placeAt(b)]).toEqual(['b', 'b']);
  });

  it('keeps a user who moves from a node that ends to another', async () => {
    const town = new PresenceTown();
    const [a, b] = [await town.node(), await town.node()];
    await a.client('ann', [CHANNEL]);
    await town.wait(500);
    const atB = listen(b);
    await a.realtime.close({ drainMs: 0 });
    await town.wait(3_000);
    const ann = await b.client('ann', [CHANNEL]);
    await town.wait(12_000);
    expect([atB, await ids(b)]).toEqual([[], ['ann']]);
    ann.leave();
    await town.wait(300);
    expect(atB).toEqual(['left ann']);
  });

  it('lets the members of a node that ended go after the grace time', async () => {
    const town = new PresenceTown();
    const [a, b] = [await town.node(), await town.node()];
    await a.client('ann', [CHANNEL]);
    await town.wait(500);
    const atB = listen(b);
    await a.realtime.close({ drainMs: 0 });
    await town.wait(9_800);
    expect(atB).toEqual([]);
    await town.wait(400);
    expect(atB).toEqual(['left ann elsewhere']);
  });

  it('drops the 1,000 members of a dead node within 6 seconds, and takes it in again when it was not dead [B7]', async () => {
    const town = new PresenceTown();
    const [a, b, zombie] = [await town.node(), await town.node(), await town.lossyNode()];
    for (let index = 0; index < 1_000; index++) await zombie.client(`u${index}`, [CHANNEL]);
    await town.wait(1_000);
    expect([(await ids(a)).length, (await ids(b)).length]).toEqual([1_000, 1_000]);
    zombie.line.cut({ silently: true });
    await town.wait(4_500);
    expect((await ids(a)).length).toBe(1_000);
    await town.wait(1_500);
    expect([(await ids(a)).length, (await ids(b)).length]).toEqual([0, 0]);
    await zombie.line.mend();
    await town.wait(2_000);
    expect([(await ids(a)).length, (await ids(b)).length, (await ids(zombie)).length]).toEqual([1_000, 1_000, 1_000]);
  });

  it('lets nobody leave while the broker stands still for 40 seconds [B2]', async () => {
    const town = new PresenceTown();
    const nodes = [await town.lossyNode(), await town.lossyNode(), await town.lossyNode()];
    const clients = await Promise.all(nodes.map((node, index) => node.client(`u${index}`, [CHANNEL])));
    town.clock.every(5_000, () => clients.forEach((client) => client.send(['pong'])));
    await town.wait(1_000);
    const events = nodes.map((node) => listen(node));
    for (const { line } of nodes) line.cut({ silently: true });
    await town.wait(40_000);
    for (const { line } of nodes) await line.mend();
    await town.wait(10_000);
    expect(events).toEqual([[], [], []]);
    for (const node of nodes) expect(await ids(node)).toEqual(['u0', 'u1', 'u2']);
  });

  it('sends away everywhere a user who is disconnected, also where they are only waited for', async () => {
    const town = new PresenceTown();
    const [a, b] = [await town.node(), await town.node()];
    const ann = await a.client('ann', [CHANNEL]);
    await town.wait(500);
    ann.abort();
    await town.wait(500);
    expect(await ids(b)).toEqual(['ann']);
    const ended = b.realtime.user('ann').disconnect();
    await town.wait(500);
    expect([await ended, await ids(a), await ids(b)]).toEqual([0, [], []]);
  });
});
