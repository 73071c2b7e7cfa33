import { RealtimeError } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import type { Broker, BrokerEvents, BrokerHealth, BusWork, Log, LogPage, LogRead, LogSink, LogWork } from '@rt/core';
import { Lane } from './lane.ts';
import { ModelFollower } from './model-follower.ts';
import type { Loss } from './model-log.ts';
import type { ModelService } from './model-service.ts';

interface Call {
  readonly reject: (error: RealtimeError) => void;
}

/** One node's line to the model service: every call and every delivery takes its time, and the line can break. */
export class ModelBroker implements Broker {
  readonly name = 'model';
  readonly log: Log;
  readonly #service: ModelService;
  readonly #calls: Lane;
  readonly #answers: Lane;
  readonly #deliveries: Lane;
  readonly #pending = new Set<Call>();
  /** What this node wants, and what the service knows of that. */
  readonly #wanted = new Set<string>();
  readonly #subscribed = new Set<string>();
  readonly #followers = new Map<string, ModelFollower>();
  #events: BrokerEvents | undefined;
  #health: BrokerHealth = { state: 'down', reason: 'not started' };
  #line: 'whole' | 'cut' | 'dead' = 'whole';

  constructor(service: ModelService) {
    this.#service = service;
    const { clock, delayMs } = service;
    this.#calls = new Lane(clock, delayMs);
    this.#answers = new Lane(clock, delayMs);
    this.#deliveries = new Lane(clock, delayMs);
    this.log = {
      append: (work) => this.#call(() => this.#append(work), service.losesAnswer()),
      read: (channel, page) => this.#call(() => this.#read(channel, page)),
      follow: (channel, sink) => this.#follow(channel, sink),
      unfollow: (channel) => this.#unfollow(channel),
    };
  }

  async start(events: BrokerEvents): Promise<void> {
    this.#service.brokers.add(this);
    if (this.#service.isStalled) this.stall();
    this.#health = { state: 'up' };
    await this.#call(() => undefined);
    this.#events = events;
  }

  async subscribe(channel: string): Promise<void> {
    this.#wanted.add(channel);
    await this.#call(() => void this.#subscribed.add(channel));
  }

  async unsubscribe(channel: string): Promise<void> {
    this.#wanted.delete(channel);
    await this.#call(() => void this.#subscribed.delete(channel));
  }

  publish(work: readonly BusWork[]): Promise<void> {
    return this.#call(() => {
      for (const broker of this.#service.brokers) broker.carry(work);
    });
  }

  health(): BrokerHealth {
    return this.#health;
  }

  async close(): Promise<void> {
    this.#end();
    this.#health = { state: 'down', reason: 'closed' };
  }

  /** The process dies: no call settles any more, and nothing is reported. */
  kill(): void {
    this.#pending.clear();
    this.#end();
  }

  /** This node's line breaks. */
  cut(): void {
    if (this.#line !== 'whole') return;
    this.#line = 'cut';
    this.#drop();
    this.#subscribed.clear();
    this.#setHealth({ state: 'down', reason: 'the line was cut' });
  }

  /** The line is whole again: what may have been missed on the bus is told, and what the logs have is handed on. */
  mend(): void {
    if (this.#line !== 'cut') return;
    this.#line = 'whole';
    for (const channel of this.#wanted) this.#subscribed.add(channel);
    const repairing = this.#call(() => {
      this.#deliveries.send(() => {
        if (this.#wanted.size > 0) this.#events?.gap([...this.#wanted]);
        for (const follower of this.#followers.values()) follower.repair();
        if (!this.#service.isStalled) this.#setHealth({ state: 'up' });
      });
    });
    // It breaks once more: the next `mend` does it.
    repairing.catch(() => undefined);
  }

  /** From the service: nothing moves. */
  stall(): void {
    for (const lane of this.#lanes) lane.stall();
  }

  goOn(): void {
    for (const lane of this.#lanes) lane.goOn();
  }

  /** From the service: the probes found out. */
  probed(isUp: boolean): void {
    if (this.#line !== 'whole') return;
    this.#setHealth(isUp ? { state: 'up' } : { state: 'down', reason: 'the probes are not answered' });
  }

  /** From the service: texts of some node. */
  carry(work: readonly BusWork[]): void {
    const theirs = work.filter(({ channel }) => this.#subscribed.has(channel));
    if (theirs.length === 0 || this.#line !== 'whole') return;
    this.#deliveries.send(() => {
      for (const { channel, texts } of theirs) if (this.#wanted.has(channel)) this.#events?.message(channel, texts);
    });
  }

  /** From the service: a log lost something. */
  lost(loss: Loss): void {
    const follower = this.#followers.get(loss.channel);
    follower?.lost(loss);
    this.#deliveries.send(() => follower?.repair());
  }

  /** From the service: something was stored. */
  stored(channel: string, batch: Parameters<ModelFollower['receive']>): void {
    const follower = this.#followers.get(channel);
    if (follower !== undefined && this.#line === 'whole') this.#deliveries.send(() => follower.receive(...batch));
  }

  get #lanes(): readonly Lane[] {
    return [this.#calls, this.#answers, this.#deliveries];
  }

  #append(work: readonly LogWork[]): readonly (readonly Position[])[] {
    const { clock, brokers } = this.#service;
    const now = clock.now();
    return work.map(({ channel, entries, retention }) => {
      const log = this.#service.log(channel);
      const history = { epoch: log.head.epoch, losses: log.losses };
      const appended = entries.map((entry) => log.append(entry, retention, now));
      const stored = appended.flatMap(({ entry }) => (entry === undefined ? [] : [entry]));
      if (stored.length > 0) for (const broker of brokers) broker.stored(channel, [history, stored]);
      return appended.map(({ position }) => position);
    });
  }

  #read(channel: string, page: LogPage): LogRead {
    return this.#service.log(channel).read(page, this.#service.clock.now());
  }

  async #follow(channel: string, sink: LogSink): Promise<Position> {
    const log = this.#service.log(channel);
    return this.#call(() => {
      const follower = new ModelFollower(sink, log, (page) => this.#read(channel, page));
      this.#followers.get(channel)?.stop();
      this.#followers.set(channel, follower);
      return log.head;
    });
  }

  async #unfollow(channel: string): Promise<void> {
    this.#followers.get(channel)?.stop();
    await this.#call(() => {
      this.#followers.get(channel)?.stop();
      this.#followers.delete(channel);
    });
  }

  /** Asks the service to `run`; the answer travels back, or is `lost`. Rejects where the line breaks meanwhile. */
  #call<Answer>(run: () => Answer, isAnswerLost = false): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    if (this.#line === 'dead') return promise;
    if (this.#line === 'cut') {
      reject(lineCut());
      return promise;
    }
    const call: Call = { reject };
    this.#pending.add(call);
    this.#calls.send(() => {
      const answer = run();
      this.#answers.send(() => {
        this.#pending.delete(call);
        if (isAnswerLost) reject(lineCut());
        else resolve(answer);
      });
    });
    return promise;
  }

  #drop(): void {
    for (const lane of this.#lanes) lane.cut();
    for (const { reject } of this.#pending) reject(lineCut());
    this.#pending.clear();
  }

  #end(): void {
    this.#drop();
    this.#line = 'dead';
    this.#events = undefined;
    this.#service.brokers.delete(this);
    for (const follower of this.#followers.values()) follower.stop();
    this.#followers.clear();
  }

  #setHealth(health: BrokerHealth): void {
    if (this.#health.state === health.state) return;
    this.#health = health;
    this.#events?.health(health);
  }
}

function lineCut(): RealtimeError {
  return new RealtimeError('BROKER_DOWN', 'the line to the model broker was cut');
}
