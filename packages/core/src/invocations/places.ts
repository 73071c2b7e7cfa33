import type { RealtimeError } from '@rt/protocol';
import type { Clock } from '../contracts/clock.ts';

/** How many may run, and how many wait for that: of one connection, and of all together. */
export interface PlaceLimits {
  readonly running: number;
  readonly runningTotal: number;
  readonly queued: number;
  readonly queuedTotal: number;
  /** The longest wait, in milliseconds. */
  readonly waitMs: number;
}

interface Waiting {
  readonly settled: PromiseWithResolvers<void>;
  /** Ends what watches over the wait. */
  stop: () => void;
}

/** What one connection has. */
interface Holder {
  running: number;
  /** In the order in which they came. */
  readonly waiting: Set<Waiting>;
}

/**
 * The places in which invocations run. Beyond them they wait: each connection's in order, and connections take turns, so that
 * who asks for much delays itself and not the others. Who would wait too long, or as one too many, is refused.
 */
export class Places {
  running = 0;
  queued = 0;
  readonly #clock: Clock;
  readonly #limits: PlaceLimits;
  readonly #refusal: () => RealtimeError;
  readonly #holders = new Map<object, Holder>();
  /** Those who wait for a place of the total only, in turn. */
  readonly #turns = new Set<Holder>();

  /** `refusal` is what is said to who is one too many. */
  constructor(clock: Clock, limits: PlaceLimits, refusal: () => RealtimeError) {
    this.#clock = clock;
    this.#limits = limits;
    this.#refusal = refusal;
  }

  /**
   * Takes a place for `connection`: at once (`undefined`), or when it resolves. Throws or rejects with the refusal, and rejects
   * with what `cancel` aborts with.
   */
  enter(connection: object, cancel?: AbortSignal): Promise<void> | undefined {
    const { running, runningTotal, queued, queuedTotal } = this.#limits;
    const holder = this.#holders.get(connection) ?? { running: 0, waiting: new Set() };
    if (holder.waiting.size === 0 && holder.running < running && this.running < runningTotal) {
      this.#holders.set(connection, holder);
      this.#take(holder);
      return undefined;
    }
    if (holder.waiting.size >= queued || this.queued >= queuedTotal) throw this.#refusal();
    this.#holders.set(connection, holder);
    if (holder.running < running) this.#turns.add(holder);
    return this.#wait(connection, holder, cancel);
  }

  /** Gives a place back. */
  leave(connection: object): void {
    const holder = this.#holders.get(connection)!;
    holder.running--;
    this.running--;
    if (holder.waiting.size > 0) this.#turns.add(holder);
    this.#dropIdle(connection, holder);
    for (const next of this.#turns) {
      if (this.running >= this.#limits.runningTotal) return;
      // Its next one goes to the end of the line.
      this.#turns.delete(next);
      const [first] = next.waiting;
      this.#unqueue(next, first!);
      this.#take(next);
      if (next.waiting.size > 0 && next.running < this.#limits.running) this.#turns.add(next);
      first!.settled.resolve();
    }
  }

  #wait(connection: object, holder: Holder, cancel: AbortSignal | undefined): Promise<void> {
    const settled = Promise.withResolvers<void>();
    const giveUp = (reason: unknown): void => {
      this.#unqueue(holder, waiting);
      if (holder.waiting.size === 0) this.#turns.delete(holder);
      this.#dropIdle(connection, holder);
      settled.reject(reason);
    };
    const cancelled = (): void => giveUp(cancel?.reason);
    const stopTimer = this.#clock.after(this.#limits.waitMs, () => giveUp(this.#refusal()));
    const waiting: Waiting = {
      settled,
      stop: () => {
        stopTimer();
        cancel?.removeEventListener('abort', cancelled);
      },
    };
    holder.waiting.add(waiting);
    this.queued++;
    if (cancel?.aborted === true) cancelled();
    else cancel?.addEventListener('abort', cancelled, { once: true });
    return settled.promise;
  }

  #take(holder: Holder): void {
    holder.running++;
    this.running++;
  }

  #unqueue(holder: Holder, waiting: Waiting): void {
    waiting.stop();
    holder.waiting.delete(waiting);
    this.queued--;
  }

  #dropIdle(connection: object, holder: Holder): void {
    if (holder.running === 0 && holder.waiting.size === 0) this.#holders.delete(connection);
  }
}
