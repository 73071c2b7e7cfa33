import { RealtimeError } from '@rt/protocol';
import type { Broker, BrokerEvents, BrokerHealth, BusWork } from '../contracts/broker.ts';
import { systemClock } from '../contracts/clock.ts';
import type { Clock } from '../contracts/clock.ts';
import type { Log } from '../contracts/log.ts';
import { memoryBroker } from '../memory/memory-broker.ts';
import { DelayedLine } from './delayed-line.ts';
import { FaultyLog } from './faulty-log.ts';

/** What nodes tell each other; only the line as a whole is at fault with these. */
const NODE_TO_NODE = '$';
const CUT: BrokerHealth = { state: 'down', reason: 'the line was cut' };

/** One text of the bus that is to come after the one behind it. */
interface Held {
  readonly channel: string;
  readonly text: string;
}

/** A broker whose line is as bad as a test wants it to be. Without a fault it is the broker that it was made of. */
export class FaultyBroker implements Broker {
  readonly name: string;
  readonly log?: Log;
  readonly isAlone?: true;
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #deliveries: DelayedLine;
  readonly #faultyLog: FaultyLog | undefined;
  readonly #subscribed = new Set<string>();
  #events: BrokerEvents | undefined;
  #state: 'whole' | 'cut' | 'silent' = 'whole';
  #doubles = 0;
  #reorders = 0;
  readonly #held: Held[] = [];

  constructor(broker: Broker, clock: Clock) {
    this.name = broker.name;
    this.#broker = broker;
    this.#clock = clock;
    this.#deliveries = new DelayedLine(clock);
    if (broker.isAlone === true) this.isAlone = true;
    if (broker.log === undefined) return;
    this.#faultyLog = new FaultyLog(broker.log, this);
    this.log = this.#faultyLog;
  }

  /** Whether nothing gets through at the moment. */
  get isCut(): boolean {
    return this.#state !== 'whole';
  }

  /**
   * Cuts the line: nothing arrives any more, and what is published, read or subscribed fails with `BROKER_DOWN`. `silently`: this
   * node does not notice, and what it says on the bus is lost.
   */
  cut({ silently = false }: { readonly silently?: boolean } = {}): void {
    if (this.isCut) return;
    this.#state = silently ? 'silent' : 'cut';
    this.#deliveries.cut();
    if (!silently) this.#events?.health(CUT);
  }

  /**
   * The line is whole again. Resolves when what was missed has been handed on: from the log where there is one; on the bus it is
   * lost, and told as a gap unless the cut was silent.
   */
  async mend(): Promise<void> {
    if (!this.isCut) return;
    const isNoticed = this.#state === 'cut';
    this.#state = 'whole';
    if (isNoticed) {
      if (this.#subscribed.size > 0) this.#events?.gap([...this.#subscribed]);
      this.#events?.health(this.#broker.health());
    }
    await this.#faultyLog?.mend();
  }

  /** From now on everything takes `ms` longer, in either direction. 0 ends it. */
  delay(ms: number): void {
    this.#deliveries.delayMs = ms;
  }

  /** The next `count` messages that arrive on the bus arrive twice. What a log keeps, brokers hand on once: it never does. */
  double(count = 1): void {
    this.#doubles += count;
  }

  /** The next `count` messages that arrive on the bus arrive after the one behind them. What a log keeps, never does. */
  reorder(count = 1): void {
    this.#reorders += count;
  }

  /** No more faults: the line is whole and fast, and what was held back arrives. */
  async calm(): Promise<void> {
    this.#doubles = 0;
    this.#reorders = 0;
    this.delay(0);
    for (const { channel, text } of this.#held.splice(0)) this.#events?.message(channel, [text]);
    await this.mend();
  }

  async start(events: BrokerEvents): Promise<void> {
    this.#events = events;
    await this.#broker.start({
      message: (channel, texts) => this.deliver(() => this.#arrive(channel, texts)),
      health: (health) => {
        if (this.#state !== 'cut') events.health(health);
      },
      gap: (channels) => this.deliver(() => events.gap(channels)),
      warn: (message, details) => events.warn(message, details),
    });
  }

  async subscribe(channel: string): Promise<void> {
    await this.call(() => this.#broker.subscribe(channel));
    this.#subscribed.add(channel);
  }

  async unsubscribe(channel: string): Promise<void> {
    this.#subscribed.delete(channel);
    await this.#broker.unsubscribe(channel);
  }

  async publish(work: readonly BusWork[]): Promise<void> {
    if (this.#state === 'silent') return;
    await this.call(() => this.#broker.publish(work));
  }

  health(): BrokerHealth {
    return this.#state === 'cut' ? CUT : this.#broker.health();
  }

  async close(): Promise<void> {
    this.#deliveries.cut();
    this.#events = undefined;
    await this.#broker.close();
  }

  /** @internal */
  async call<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    if (this.isCut) throw lineCut();
    const { delayMs } = this.#deliveries;
    if (delayMs > 0) await new Promise<void>((resolve) => this.#clock.after(delayMs, resolve));
    if (this.isCut) throw lineCut();
    return call();
  }

  /** @internal */
  deliver(arrive: () => void): void {
    if (!this.isCut) this.#deliveries.send(arrive);
  }

  #arrive(channel: string, texts: readonly string[]): void {
    const isBetweenNodes = channel.startsWith(NODE_TO_NODE);
    if (isBetweenNodes || (this.#doubles === 0 && this.#reorders === 0 && this.#held.length === 0)) {
      this.#events?.message(channel, texts);
      return;
    }
    this.#events?.message(
      channel,
      texts.flatMap((text) => this.#withFaults(channel, text)),
    );
  }

  /** What arrives in place of one text. */
  #withFaults(channel: string, text: string): readonly string[] {
    if (this.#reorders > 0 && !this.#held.some((held) => held.channel === channel)) {
      this.#reorders--;
      this.#held.push({ channel, text });
      return [];
    }
    const times = this.#doubles > 0 ? 2 : 1;
    if (times === 2) this.#doubles--;
    const place = this.#held.findIndex((held) => held.channel === channel);
    const after = place === -1 ? [] : this.#held.splice(place, 1).map((held) => held.text);
    return [...Array.from({ length: times }, () => text), ...after];
  }
}

/** `broker`, by default a `memoryBroker()`, with faults on command. `clock` is what delays go by. */
export function faultyBroker(options: { readonly broker?: Broker; readonly clock?: Clock } = {}): FaultyBroker {
  return new FaultyBroker(options.broker ?? memoryBroker(), options.clock ?? systemClock);
}

function lineCut(): RealtimeError {
  return new RealtimeError('BROKER_DOWN', 'the line to the broker was cut');
}
