import type { Broker, RealtimeOptions } from '@rt/core';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../servers/until.ts';
import { startNode } from './fleet.ts';
import type { Node } from './fleet.ts';
import { Load } from './load.ts';

const KEEPS: RealtimeOptions = { channels: { '*': { history: { size: 50_000, ttlMs: 600_000 } } } };

/** Three times what is wanted: whole again 3 s after the port is open, every publish settled within 5 s, a stall noticed within 5 s. */
const WHOLE_MS = 9_000;
const SETTLED_MS = 7_000;
const NOTICED_MS = 15_000;

/** The server of a broker, which tests hurt. */
export interface FaultyServer {
  readonly url: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
  pause(): void;
  resume(): void;
}

/** A server for one test, and the brokers that reach each other over it, and nobody else. */
export interface FaultySite<Server extends FaultyServer> {
  readonly server: Server;
  /** A broker of a new node; at another address than the server's where a proxy stands in between. */
  readonly broker: (url?: string) => Broker;
}

/** How the tests of faults get at one kind of server. */
export interface FaultySubject<Server extends FaultyServer> {
  site(): Promise<FaultySite<Server>>;
  proxy(server: Server): Promise<{ url(server: string): string; cut(): void; close(): Promise<void> }>;
}

/** Two nodes, and clients under load on both. */
export class HurtFleet {
  readonly nodes: readonly [Node, Node];
  readonly load: Load;

  private constructor(nodes: readonly [Node, Node]) {
    this.nodes = nodes;
    this.load = new Load(nodes);
  }

  /** Starts both, with `watchers` clients on each. */
  static async start(brokers: readonly [Broker, Broker], watchers: number): Promise<HurtFleet> {
    const fleet = new HurtFleet([await startNode(brokers[0], KEEPS), await startNode(brokers[1], KEEPS)]);
    await fleet.load.watch(watchers);
    return fleet;
  }

  /** Resolves when so many more publishes were acknowledged. */
  async more(count: number): Promise<void> {
    const before = this.load.count('ok');
    await until(`${count} more messages`, async () => this.load.count('ok') > before + count);
  }

  async noticed(): Promise<void> {
    await until('both notice', async () => (await this.#ready()).every((is) => !is));
  }

  async whole(): Promise<void> {
    await until('both are back', async () => (await this.#ready()).every((is) => is));
  }

  /** Ends the load, and holds what everybody got against what was acknowledged. */
  async losesNothing(): Promise<void> {
    await this.load.stop();
    await this.load.settle();
    expect(this.load.gaps).toEqual([]);
    expect(this.load.longestMs).toBeLessThan(SETTLED_MS);
  }

  /** Every subscription is told that what it had is gone, and messages come again. */
  async toldOfNewEpoch(): Promise<void> {
    await until('everybody was told', async () => this.load.gaps.length >= 4);
    expect(this.load.gaps).toEqual(['epoch', 'epoch', 'epoch', 'epoch']);
    await this.whole();
    this.load.start(200);
    await this.more(100);
    await this.load.stop();
  }

  async #ready(): Promise<readonly boolean[]> {
    return Promise.all(this.nodes.map(async ({ url }) => (await fetch(`${url}/realtime/ready`)).status === 200));
  }
}

/** What two nodes survive whatever their broker is. Tests of one file run one after the other: sites may share a server. */
export function testFaults<Server extends FaultyServer>(subject: FaultySubject<Server>): void {
  it('lose nothing that was acknowledged when it is killed and started again under 1,000 messages a second [B1]', async () => {
    const { server, broker } = await subject.site();
    const fleet = await HurtFleet.start([broker(), broker()], 3);
    fleet.load.start(1_000);
    await fleet.more(1_000);
    await server.kill();
    await fleet.noticed();
    await server.restart();
    const open = performance.now();
    await fleet.whole();
    expect(performance.now() - open).toBeLessThan(WHOLE_MS);
    await fleet.more(1_000);
    await fleet.losesNothing();
  });

  it('notice that it stands still, settle every publish, and go on where they were [B2]', async () => {
    const { server, broker } = await subject.site();
    const fleet = await HurtFleet.start([broker(), broker()], 2);
    fleet.load.start(300);
    await fleet.more(200);
    try {
      server.pause();
      const paused = performance.now();
      await fleet.noticed();
      expect(performance.now() - paused).toBeLessThan(NOTICED_MS);
      await until('some publishes have failed', async () => fleet.load.outcomes.size > 1);
    } finally {
      server.resume();
    }
    const resumed = performance.now();
    await fleet.whole();
    expect(performance.now() - resumed).toBeLessThan(WHOLE_MS);
    await fleet.more(200);
    await fleet.losesNothing();
  });

  it('lose nothing when the line of one of them is cut again and again', async () => {
    const { server, broker } = await subject.site();
    const proxy = await subject.proxy(server);
    onTestFinished(() => proxy.close());
    const fleet = await HurtFleet.start([broker(), broker(proxy.url(server.url))], 2);
    fleet.load.start(500);
    for (let cut = 1; cut <= 5; cut++) {
      await fleet.more(200);
      proxy.cut();
      await fleet.whole();
    }
    await fleet.losesNothing();
  });

  it('bring clients that move between them under load everything once, in order', async () => {
    const { broker } = await subject.site();
    const { nodes, load } = await HurtFleet.start([broker(), broker()], 3);
    load.start(500);
    for (let move = 0; move < 12; move++) {
      await load.travellers[move % 6]!.moveTo(nodes[(move + Math.floor(move / 6)) % 2]!);
    }
    await load.stop();
    await load.settle();
    expect([load.gaps, load.outcomes.size]).toEqual([[], 1]);
  });
}
