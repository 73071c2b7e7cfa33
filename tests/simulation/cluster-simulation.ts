import { formatCursor } from '@rt/protocol';
import { check } from '../checker/check.ts';
import { Recorder } from '../checker/recorder.ts';
import type { Violation } from '../checker/violation.ts';
import { ModelService } from './model-service.ts';
import { Random } from './random.ts';
import { SimClient } from './sim-client.ts';
import { SimClock } from './sim-clock.ts';
import { SimNode } from './sim-node.ts';
import { SimPublisher } from './sim-publisher.ts';
import type { Outcome } from './simulation.ts';
import { memberProblems } from './member-problems.ts';

const NODES = 3;
const CLIENTS = 20;
const USERS = 8;
const STEPS = 110;
const ROOM = 'presence-room';
const CHANNELS = ['a', 'b', 'private-p', ROOM];
const PLENTY = 1_000_000_000;

/** How a run of several nodes ended. */
export interface ClusterOutcome extends Outcome {
  /** What is wrong beside the deliveries: members on whom somebody disagrees, what a user has and may not have. */
  readonly problems: readonly string[];
}

/**
 * Three nodes over one broker that fails in all ways that real ones do, and 20 clients of 8 users who move between them,
 * driven by one seed. Then everything heals, and whoever is subscribed has to have everything, but what the broker lost.
 */
export class ClusterSimulation {
  readonly #random: Random;
  readonly #recorder: Recorder;
  readonly #clock = new SimClock();
  readonly #service: ModelService;
  readonly #clients: readonly SimClient[];
  readonly #publisher: SimPublisher;
  readonly #denied = new Set<string>();
  readonly #problems: string[] = [];
  #nodes: SimNode[] = [];
  #count = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#recorder = new Recorder(seed);
    this.#publisher = new SimPublisher(this.#recorder, () =>
      this.#up.length === 0 ? undefined : this.#random.pick(this.#up),
    );
    this.#service = new ModelService({
      clock: this.#clock,
      random: this.#random,
      delaysMs: [0, 0, 10, 10, 50],
      lost: ({ channel, reason, places, at }) =>
        this.#recorder.lost({ channel, reason, places: places.map(formatCursor), cursor: formatCursor(at) }),
    });
    this.#service.lostAnswers = 15;
    this.#clients = Array.from({ length: CLIENTS }, (_, index) => {
      const client = new SimClient(`client${index}`, this.#recorder, `u${index % USERS}`);
      client.subscribe(`user.u${index % USERS}`);
      return client;
    });
  }

  async run(): Promise<ClusterOutcome> {
    for (let count = 0; count < NODES; count++) this.#addNode();
    await this.#clock.pass(200);
    for (let step = 0; step < STEPS; step++) {
      this.#act();
      await this.#clock.pass(this.#random.pick([0, 0, 10, 50, 100, 500]));
    }
    await this.#heal();
    const { recording } = this.#recorder;
    const violations: Violation[] = check(recording, { knowsLosses: true });
    await this.#end();
    return { recording, violations, problems: this.#problems };
  }

  get #up(): readonly SimNode[] {
    return this.#nodes.filter(({ state }) => state === 'up');
  }

  #act(): void {
    const client = this.#random.pick(this.#clients);
    switch (this.#random.below(26)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.#broadcast();
      case 4:
      case 5:
        return client.send(this.#random.pick(CHANNELS), this.#data());
      case 6:
        return client.cut();
      case 7:
      case 8:
        return this.#connectSome();
      case 9:
      case 10:
        client.subscribe(this.#random.pick(CHANNELS));
        for (const one of this.#clients) if (this.#random.once(4)) one.subscribe(this.#random.pick(CHANNELS));
        return;
      case 11:
        return client.unsubscribe(this.#random.pick(CHANNELS));
      case 12:
        return this.#changePermission();
      case 13:
        return this.#misbehave();
      case 14:
        return this.#changeNodes();
      default:
        for (const one of this.#clients) if (!this.#random.once(4)) one.deliver(this.#random.pick([1, 2, PLENTY]));
    }
  }

  /** The broker, or one node's line to it, does what it should not. */
  #misbehave(): void {
    const node = this.#random.pick(this.#nodes);
    switch (this.#random.below(6)) {
      case 0:
        return this.#service.stall(this.#random.pick([300, 1_500, 4_000, 7_000]));
      case 1:
      case 2:
        node.broker.cut();
        this.#clock.after(this.#random.pick([100, 1_000, 6_000]), () => node.broker.mend());
        return;
      case 3:
        return this.#service.restart();
      default:
        return this.#service.failOver(3);
    }
  }

  #changeNodes(): void {
    if (this.#nodes.length < NODES) return this.#addNode();
    const node = this.#random.pick(this.#nodes);
    if (node.state !== 'up' || this.#up.length < 2) return;
    if (this.#random.once(2)) {
      node.kill();
      this.#publisher.forget(node);
      this.#remove(node);
      return;
    }
    const closing = node.close(this.#random.pick([500, 3_000])).then(() => this.#remove(node));
    closing.catch((error: unknown) => this.#problems.push(`a node did not end: ${String(error)}`));
  }

  #addNode(): void {
    const node = new SimNode(this.#service, {
      authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
      limits: { messagesPerMinute: PLENTY, messageBurst: PLENTY, maxQueuedBytes: 64 * 1024, presenceGraceMs: 3_000 },
      // Little is kept and not for long, so that returning too late happens as well.
      channels: { '*': { send: true, history: { size: 12, ttlMs: 8_000 } } },
    });
    node.realtime.authorize('private-p', ({ user }) => !this.#denied.has(user!.id));
    node.realtime.authorize(
      ROOM,
      ({ user, action }) => action !== 'subscribe' || { name: user!.id, turn: this.#count++ },
    );
    this.#nodes.push(node);
    node.start().catch((error: unknown) => {
      // It came while the broker was away; another one may come later.
      if (!String(error).includes('BROKER_DOWN') && !String(error).includes('cut')) this.#problems.push(String(error));
      this.#remove(node);
    });
  }

  #remove(node: SimNode): void {
    this.#nodes = this.#nodes.filter((one) => one !== node);
  }

  #connectSome(): void {
    const up = this.#up;
    for (const client of this.#clients) {
      if (client.isAskedToGo && this.#random.once(2)) client.cut();
      if (up.length > 0 && this.#random.once(2)) client.connect(this.#random.pick(up).network);
    }
  }

  #broadcast(): void {
    const up = this.#up;
    if (up.length === 0) return;
    const channel = this.#random.once(6) ? `user.u${this.#random.below(USERS)}` : this.#random.pick(CHANNELS);
    for (let left = this.#random.pick([1, 1, 3, 20]); left > 0; left--) {
      const except = this.#random.once(4) ? this.#random.pick(this.#clients) : undefined;
      const publishId = this.#random.once(3) ? `p${this.#count}` : undefined;
      this.#publisher.publish(this.#random.pick(up), { channel, data: this.#data(), except, publishId, retries: 2 });
    }
  }

  #changePermission(): void {
    const user = `u${this.#random.below(USERS)}`;
    if (!this.#denied.delete(user)) this.#denied.add(user);
    const node = this.#up[0] && this.#random.pick(this.#up);
    // Where the broker is away it is refused; it comes again when everything heals.
    node?.realtime
      .user(user)
      .reauthorize()
      .catch(() => undefined);
  }

  /** Different each time, and sometimes large enough to fill a socket that nobody reads. */
  #data(): unknown {
    return { count: this.#count++, text: 'x'.repeat(this.#random.pick([0, 10, 10, 6_000])) };
  }

  async #heal(): Promise<void> {
    this.#service.lostAnswers = 0;
    await this.#clock.pass(8_000);
    for (const node of this.#nodes) node.broker.mend();
    for (let round = 0; round < 20; round++) {
      if (this.#nodes.length < NODES) this.#addNode();
      await this.#round(1_000);
    }
    const node = this.#up[0]!;
    const asked = Promise.all([...this.#denied].map((user) => node.realtime.user(user).reauthorize()));
    for (const channel of [...CHANNELS, 'user.u0'])
      this.#publisher.publish(node, { channel, data: this.#data(), retries: 0 });
    await this.#quiet();
    await asked;
    await this.#publisher.settled();
    this.#compare();
  }

  async #round(ms: number): Promise<void> {
    for (const client of this.#clients) {
      if (client.isAskedToGo) client.cut();
      client.connect(this.#random.pick(this.#up).network);
      client.subscribe(`user.${client.user}`);
      client.deliver(PLENTY);
    }
    await this.#clock.pass(ms);
  }

  async #quiet(): Promise<void> {
    let quietRounds = 0;
    for (let round = 0; quietRounds < 6; round++) {
      if (round > 300) throw new Error('it never becomes quiet');
      const before = this.#recorder.recording.facts.length;
      await this.#round(100);
      quietRounds = this.#recorder.recording.facts.length === before ? quietRounds + 1 : 0;
    }
  }

  #compare(): void {
    for (const client of this.#clients) {
      if (!client.isIdle) this.#problems.push(`${client.name} waits for answers that do not come`);
      if (client.confirmed.has('private-p') && this.#denied.has(client.user!)) {
        this.#problems.push(`${client.name} has a channel that ${client.user} may no longer have`);
      }
      for (const channel of client.wanted.keys()) {
        if (client.confirmed.has(channel)) this.#recorder.final(client.name, channel);
        else this.#problems.push(`${client.name} waits for ${channel} to be confirmed`);
      }
    }
  }

  async #end(): Promise<void> {
    this.#problems.push(...(await memberProblems(ROOM, this.#up, this.#clients)));
    const closing = Promise.all(this.#nodes.map((node) => node.close(0)));
    await this.#clock.pass(1_000);
    await closing;
  }
}
