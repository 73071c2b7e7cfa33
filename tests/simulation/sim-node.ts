import { Realtime } from '@rt/core';
import type { Cancel, Clock, RealtimeOptions } from '@rt/core';
import { ModelBroker } from './model-broker.ts';
import type { ModelService } from './model-service.ts';
import { SimNetwork } from './sim-network.ts';

/** The time of one process: it ends with it. */
class ProcessClock implements Clock {
  readonly #clock: Clock;
  #isDead = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wallNow(): number {
    return this.#clock.wallNow();
  }

  after(ms: number, run: () => void): Cancel {
    return this.#isDead ? () => undefined : this.#clock.after(ms, this.#whileAlive(run));
  }

  every(ms: number, run: () => void): Cancel {
    return this.#isDead ? () => undefined : this.#clock.every(ms, this.#whileAlive(run));
  }

  soon(run: () => void): void {
    this.#clock.soon(this.#whileAlive(run));
  }

  die(): void {
    this.#isDead = true;
  }

  #whileAlive(run: () => void): () => void {
    return () => {
      if (!this.#isDead) run();
    };
  }
}

/** One server process of the simulation. */
export class SimNode {
  readonly network = new SimNetwork();
  readonly broker: ModelBroker;
  readonly realtime: Realtime;
  /** `up` takes clients; `going` was asked to end. */
  state: 'starting' | 'up' | 'going' | 'gone' = 'starting';
  readonly #clock: ProcessClock;

  constructor(service: ModelService, options: RealtimeOptions) {
    this.broker = new ModelBroker(service);
    this.#clock = new ProcessClock(service.clock);
    this.realtime = new Realtime({
      ...options,
      transports: [this.network],
      broker: this.broker,
      clock: this.#clock,
      logger: false,
    });
  }

  async start(): Promise<void> {
    await this.realtime.start();
    if (this.state === 'starting') this.state = 'up';
  }

  /** Ends in order: its clients are asked to go elsewhere first. */
  async close(drainMs: number): Promise<void> {
    this.state = 'going';
    await this.realtime.close({ drainMs });
    this.state = 'gone';
  }

  /** The process is killed. */
  kill(): void {
    this.state = 'gone';
    this.broker.kill();
    this.#clock.die();
    this.network.cut();
  }
}
