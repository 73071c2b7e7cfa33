import { memoryBroker, MemoryBus, Realtime } from '@rt/core';
import { check } from '../checker/check.ts';
import { recordPublish } from '../checker/attach.ts';
import { Recorder } from '../checker/recorder.ts';
import type { Recording } from '../checker/recording.ts';
import type { Violation } from '../checker/violation.ts';
import { Random } from './random.ts';
import { SimClient } from './sim-client.ts';
import { SimClock } from './sim-clock.ts';
import { SimNetwork } from './sim-network.ts';

const CLIENTS = 20;
const STEPS = 120;
const CHANNELS = ['a', 'b', 'private-p'];
const PLENTY = 1_000_000_000;

/** How a run ended. */
export interface Outcome {
  readonly recording: Recording;
  readonly violations: readonly Violation[];
}

/**
 * One node, 20 clients and their network, driven by one seed: publishes, cuts, stalls, reconnects, time, permissions.
 * Then everything heals, and whoever is subscribed has to have everything. The same seed is the same run.
 */
export class Simulation {
  readonly #random: Random;
  readonly #recorder: Recorder;
  readonly #clock = new SimClock();
  readonly #network = new SimNetwork();
  readonly #realtime: Realtime;
  readonly #clients: readonly SimClient[];
  readonly #publishing = new Set<Promise<unknown>>();
  #allowed = new Set<string>();
  #count = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#recorder = new Recorder(seed);
    this.#realtime = new Realtime({
      transports: [this.#network],
      broker: memoryBroker({ bus: new MemoryBus({ clock: this.#clock, maxLogBytes: 200_000 }) }),
      clock: this.#clock,
      logger: false,
      limits: { messagesPerMinute: PLENTY, messageBurst: PLENTY, maxQueuedBytes: 64 * 1024 },
      // Little is kept and not for long, so that returning too late happens as well.
      channels: { '*': { send: true, history: { size: 12, ttlMs: 8_000 } } },
    });
    this.#clients = Array.from({ length: CLIENTS }, (_, index) => new SimClient(`client${index}`, this.#recorder));
    this.#realtime.authorize('private-p', ({ connection }) => this.#allowed.has(connection.id));
    this.#realtime.on('connected', ({ connection }) => {
      if (!this.#random.once(4)) this.#allowed.add(connection.id);
    });
  }

  async run(): Promise<Outcome> {
    await this.#realtime.start();
    for (let step = 0; step < STEPS; step++) {
      this.#act();
      await this.#clock.settle();
    }
    await this.#heal();
    const closing = this.#realtime.close({ drainMs: 0 });
    await this.#clock.settle();
    await closing;
    const { recording } = this.#recorder;
    return { recording, violations: check(recording) };
  }

  #act(): void {
    const client = this.#random.pick(this.#clients);
    switch (this.#random.below(14)) {
      case 0:
      case 1:
      case 2:
        this.#broadcast();
        return;
      case 3:
        client.send(this.#random.pick(CHANNELS), this.#data());
        return;
      case 4:
        client.cut();
        return;
      case 5:
        for (const one of this.#clients) if (this.#random.once(2)) one.connect(this.#network);
        return;
      case 6:
        client.subscribe(this.#random.pick(CHANNELS));
        for (const one of this.#clients) if (this.#random.once(6)) one.subscribe(this.#random.pick(CHANNELS));
        return;
      case 7:
        client.unsubscribe(this.#random.pick(CHANNELS));
        return;
      case 8:
        this.#clock.advance(this.#random.pick([10, 200, 1_100, 3_000, 9_000]));
        return;
      case 9:
        this.#changePermission();
        return;
      default:
        // Those that are not picked are stalled for now.
        for (const one of this.#clients) if (!this.#random.once(4)) one.deliver(this.#random.pick([1, 2, PLENTY]));
    }
  }

  #broadcast(): void {
    const channel = this.#random.pick(CHANNELS);
    for (let left = this.#random.pick([1, 1, 3, 20]); left > 0; left--) {
      const except = this.#random.once(4) ? this.#random.pick(this.#clients) : undefined;
      const data = this.#data();
      const publishing = recordPublish(
        this.#recorder,
        { channel, data, except: except === undefined ? [] : [except.name] },
        () =>
          this.#realtime.broadcast(
            channel,
            'said',
            data,
            except === undefined ? {} : { except: { instance: except.instance } },
          ),
      );
      this.#publishing.add(publishing);
    }
    if (this.#random.once(5)) void this.#realtime.broadcast(channel, 'typing', null, { volatile: true });
  }

  #changePermission(): void {
    if (this.#allowed.size > 0 && this.#random.once(2)) this.#allowed = new Set();
    else this.#allowed = new Set([...this.#allowed].filter(() => this.#random.once(2)));
  }

  /** Different each time, and sometimes large enough to fill a socket that nobody reads. */
  #data(): unknown {
    return { count: this.#count++, text: 'x'.repeat(this.#random.pick([0, 10, 10, 6_000])) };
  }

  async #heal(): Promise<void> {
    // Until nothing more comes: connecting, sending and being answered takes four rounds.
    let quietRounds = 0;
    for (let round = 0; quietRounds < 5; round++) {
      if (round > 500) throw new Error('it never becomes quiet');
      const before = this.#recorder.recording.facts.length;
      for (const client of this.#clients) {
        client.connect(this.#network);
        client.deliver(PLENTY);
      }
      await this.#clock.settle();
      quietRounds = this.#recorder.recording.facts.length === before ? quietRounds + 1 : 0;
    }
    await Promise.all(this.#publishing);
    for (const client of this.#clients) {
      if (!client.isIdle) throw new Error(`${client.name} waits for answers that do not come`);
      for (const channel of client.wanted.keys()) {
        if (!client.confirmed.has(channel)) throw new Error(`${client.name} waits for ${channel} to be confirmed`);
        this.#recorder.final(client.name, channel);
      }
    }
  }
}
