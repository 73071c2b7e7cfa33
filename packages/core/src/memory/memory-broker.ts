import type { BrokerReport } from '../contracts/broker-report.ts';
import type { Broker, BrokerEvents, BrokerHealth, BusWork } from '../contracts/broker.ts';
import { systemClock } from '../contracts/clock.ts';
import type { Cancel, Clock } from '../contracts/clock.ts';
import { DEFAULT_MAX_LOG_BYTES, MemoryLog } from './memory-log.ts';
import { NodeLog } from './node-log.ts';

/** What several memory brokers of one process share, so that several `Realtime`s can talk to each other in tests. */
export class MemoryBus {
  /** @internal */
  readonly log: MemoryLog;
  /** @internal */
  readonly clock: Clock;
  readonly #subscribers = new Map<string, Set<BrokerEvents>>();

  /** `maxLogBytes` bounds all that is kept, 64 MiB by default: beyond it the channels used least recently give way. */
  constructor(options: { readonly maxLogBytes?: number; readonly clock?: Clock } = {}) {
    this.clock = options.clock ?? systemClock;
    this.log = new MemoryLog(this.clock, options.maxLogBytes ?? DEFAULT_MAX_LOG_BYTES);
  }

  /** @internal */
  add(channel: string, events: BrokerEvents): void {
    const subscribers = this.#subscribers.get(channel);
    if (subscribers === undefined) this.#subscribers.set(channel, new Set([events]));
    else subscribers.add(events);
  }

  /** @internal */
  remove(channel: string, events: BrokerEvents): void {
    const subscribers = this.#subscribers.get(channel);
    if (subscribers === undefined || !subscribers.delete(events)) return;
    if (subscribers.size === 0) this.#subscribers.delete(channel);
  }

  /** @internal */
  publish({ channel, texts }: BusWork): void {
    const subscribers = this.#subscribers.get(channel);
    if (subscribers === undefined) return;
    for (const events of subscribers) events.message(channel, texts);
  }
}

/**
 * The broker of one process: nothing to install, nothing survives a restart. The default.
 * Pass one `bus` to several brokers to connect several `Realtime`s of the same process.
 */
export function memoryBroker(options: { readonly bus?: MemoryBus } = {}): Broker {
  return new MemoryBroker(options.bus);
}

/** How often what has expired is let go. */
const SWEEP_MS = 10_000;

class MemoryBroker implements Broker {
  readonly name = 'memory';
  readonly log: NodeLog;
  readonly isAlone?: true;
  readonly #bus: MemoryBus;
  #stopSweep: Cancel | undefined;
  readonly #channels = new Set<string>();
  #events: BrokerEvents | undefined;

  constructor(shared: MemoryBus | undefined) {
    if (shared === undefined) this.isAlone = true;
    this.#bus = shared ?? new MemoryBus();
    this.log = new NodeLog(this.#bus.log);
  }

  async start(events: BrokerEvents): Promise<void> {
    this.#events = events;
    this.#stopSweep ??= this.#bus.clock.every(SWEEP_MS, () => this.#bus.log.sweep());
  }

  async subscribe(channel: string): Promise<void> {
    if (this.#events === undefined) return;
    this.#channels.add(channel);
    this.#bus.add(channel, this.#events);
  }

  async unsubscribe(channel: string): Promise<void> {
    if (this.#events === undefined) return;
    this.#channels.delete(channel);
    this.#bus.remove(channel, this.#events);
  }

  async publish(work: readonly BusWork[]): Promise<void> {
    for (const part of work) this.#bus.publish(part);
  }

  health(): BrokerHealth {
    return this.#events === undefined ? { state: 'down', reason: 'not started or closed' } : { state: 'up' };
  }

  async inspect(): Promise<BrokerReport> {
    return {
      service: 'memory',
      shape: 'this process',
      restart: { outcome: 'lost', detail: 'it ends with the process' },
      findings: [],
    };
  }

  async close(): Promise<void> {
    if (this.#events === undefined) return;
    this.#stopSweep?.();
    for (const channel of this.#channels) this.#bus.remove(channel, this.#events);
    this.#channels.clear();
    this.#events = undefined;
    await this.log.close();
  }
}
