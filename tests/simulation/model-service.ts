import type { Clock } from '@rt/core';
import type { ModelBroker } from './model-broker.ts';
import { ModelLog } from './model-log.ts';
import type { Loss } from './model-log.ts';
import type { Random } from './random.ts';

/** Time until probes have noticed that nothing is answered any more, and that it is again. */
const PROBES_MS = 2_000;

/** What a model broker's service needs. */
export interface ServiceOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The times that something may be under way, in milliseconds: one of them each time. */
  readonly delaysMs: readonly number[];
  /** The log lost something that it may have acknowledged. */
  readonly lost?: (loss: Loss) => void;
}

/** The one service that model brokers share: the logs of all channels, and everything that can go wrong with it. */
export class ModelService {
  readonly clock: Clock;
  readonly brokers = new Set<ModelBroker>();
  /** One in so many appends is stored, and its answer lost; 0 is none. */
  lostAnswers = 0;
  readonly #options: ServiceOptions;
  readonly #logs = new Map<string, ModelLog>();
  #names = 0;
  #isStalled = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.clock = options.clock;
  }

  get isStalled(): boolean {
    return this.#isStalled;
  }

  readonly delayMs = (): number => this.#options.random.pick(this.#options.delaysMs);

  /** Whether this append's answer is to be lost. */
  losesAnswer(): boolean {
    return this.lostAnswers > 0 && this.#options.random.once(this.lostAnswers);
  }

  log(channel: string): ModelLog {
    let log = this.#logs.get(channel);
    if (log === undefined) {
      log = new ModelLog(channel, () => `n${(this.#names++).toString(36)}`);
      this.#logs.set(channel, log);
    }
    return log;
  }

  /** For `ms`, nothing is answered and nothing delivered, and nothing is lost either. */
  stall(ms: number): void {
    if (this.#isStalled) return;
    this.#isStalled = true;
    const { clock } = this;
    for (const broker of this.brokers) broker.stall();
    clock.after(PROBES_MS, () => {
      if (this.#isStalled) for (const broker of this.brokers) broker.probed(false);
    });
    clock.after(ms, () => {
      this.#isStalled = false;
      for (const broker of this.brokers) broker.goOn();
      for (const broker of this.brokers) broker.probed(true);
    });
  }

  /** A replica takes over that is up to `count` entries of each channel behind. */
  failOver(count: number): void {
    for (const log of this.#logs.values()) {
      const loss = log.loseTail(this.#options.random.below(count + 1));
      if (loss !== undefined) this.#lost(loss);
    }
  }

  /** It comes back with nothing. */
  restart(): void {
    for (const log of this.#logs.values()) this.#lost(log.loseAll());
  }

  #lost(loss: Loss): void {
    this.#options.lost?.(loss);
    for (const broker of this.brokers) broker.lost(loss);
  }
}
