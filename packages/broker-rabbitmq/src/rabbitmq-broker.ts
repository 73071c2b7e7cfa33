import { brokerDown, outcomeUnknown, PartitionLog, Probes, reasonOf, systemClock, Warnings, within } from '@rt/core';
import type { Broker, BrokerEvents, BrokerHealth, BrokerReport, BusWork } from '@rt/core';
import { RealtimeError } from '@rt/protocol';
import { randomBytes } from 'node:crypto';
import { BusProbe } from './bus-probe.ts';
import { openConfirmChannel } from './channel.ts';
import { Confirming } from './confirming.ts';
import { targetOf } from './connection.ts';
import { Connections } from './connections.ts';
import type { Pair } from './connections.ts';
import { inspect } from './inspection.ts';
import type { Link } from './link.ts';
import { Names } from './names.ts';
import { DEFAULT_EXCHANGE, NodeQueue } from './node-queue.ts';
import { checkOptions } from './options.ts';
import type { RabbitmqBrokerOptions } from './options.ts';
import { packBus } from './payload.ts';
import { RabbitmqPartition } from './rabbitmq-partition.ts';
import { checkVersion, streamsAreOff } from './server-check.ts';
import { DEFAULT_PARTITIONS, DEFAULT_RETENTION_MS } from './stream.ts';
import { Subscriptions } from './subscriptions.ts';

/** Time for all of `start`, but for reading the log. */
const START_MS = 5_000;
/** Time for reading the log at the start. */
const REPLAY_MS = 60_000;
/** Time for RabbitMQ to confirm what is published on the bus. */
const PUBLISHED_MS = 5_000;
const BUS_PROBE_MS = 1_400;
const LOG_PROBE_MS = 5_000;
const LOG_PROBE_WITHIN_MS = 1_500;

/**
 * A broker over RabbitMQ: the bus, and over its stream queues the log. It connects when it is started. Throws `BAD_OPTION`.
 */
export function rabbitmqBroker(options: RabbitmqBrokerOptions = {}): Broker {
  checkOptions(options);
  return new RabbitmqBroker(options);
}

class RabbitmqBroker implements Broker {
  readonly name = 'rabbitmq';
  readonly log?: PartitionLog;
  readonly #options: RabbitmqBrokerOptions;
  readonly #link: Link;
  readonly #connections: Connections;
  readonly #partitions: readonly RabbitmqPartition[];
  readonly #subscriptions: Subscriptions;
  readonly #queue: NodeQueue;
  readonly #busProbe: BusProbe;
  readonly #busProbes: Probes;
  readonly #logProbes: Probes | undefined;
  #events: BrokerEvents | undefined;
  #state: 'new' | 'starting' | 'open' | 'closed' = 'new';
  #health: BrokerHealth = { state: 'down', reason: 'not started' };
  /** Rejects where the start has no prospect. */
  readonly #unusable = Promise.withResolvers<never>();
  #pair: Pair | undefined;
  #writer: Confirming | undefined;
  /** Why it is not to be relied on, for each of what has to be well. */
  readonly #troubles = new Map<'connection' | 'blocked' | 'bus' | 'log', string>();

  constructor(options: RabbitmqBrokerOptions) {
    this.#options = options;
    // It concerns the start only.
    this.#unusable.promise.catch(() => undefined);
    const node = randomBytes(9).toString('base64url');
    const warnings = new Warnings(systemClock, (message, details) => {
      if (!this.#isClosed()) this.#events?.warn(message, details);
    });
    const count = options.streams === false ? 0 : (options.partitions ?? DEFAULT_PARTITIONS);
    const link: Link = {
      names: new Names(options.namespace ?? 'rt', options.queuePrefix ?? ''),
      clock: systemClock,
      options,
      partitions: count,
      reader: () => this.#connected().reader,
      writer: () => this.#writable(),
      warn: (message, details) => warnings.warn(message, details),
      suspect: () => this.#logProbes?.now(),
      changed: () => this.#update(),
    };
    this.#link = link;
    this.#connections = new Connections({
      clock: systemClock,
      options,
      name: `rt-${node}`,
      opened: (pair) => this.#opened(pair),
      lost: (reason) => this.#lost(reason),
      blocked: (reason) => this.#blocked(reason),
    });
    this.#busProbe = new BusProbe(link, node);
    this.#queue = new NodeQueue(link, node, {
      keys: () => [this.#busProbe.key, ...this.#subscriptions.keys],
      bound: () => this.#bound(),
      received: (key, text) => this.#received(key, text),
      lost: (reason) => this.#connections.drop(reason),
    });
    this.#subscriptions = new Subscriptions({ link, queue: this.#queue, probe: this.#busProbe }, (channel, texts) =>
      this.#events?.message(channel, texts),
    );
    this.#busProbes = this.#makeProbes('bus', BUS_PROBE_MS, BUS_PROBE_MS, () => this.#busProbe.ask());
    this.#partitions = Array.from({ length: count }, (_, partition) => new RabbitmqPartition(link, partition));
    if (count === 0) return;
    const log = new PartitionLog(this.#partitions, {
      retentionMs: options.retentionMs ?? DEFAULT_RETENTION_MS,
      maxBytes: options.maxLogBytes,
      warn: (message, details) => link.warn(message, details),
      changed: () => this.#update(),
    });
    this.log = log;
    this.#logProbes = this.#makeProbes('log', LOG_PROBE_MS, LOG_PROBE_WITHIN_MS, () => log.probe());
  }

  get target(): string {
    return targetOf(this.#options);
  }

  async start(events: BrokerEvents): Promise<void> {
    if (this.#state !== 'new') throw new RealtimeError('CLOSED', 'a broker can be started once');
    this.#state = 'starting';
    this.#events = events;
    try {
      await within(START_MS, this.#connections.start());
      await Promise.race([within(REPLAY_MS, this.log?.start() ?? Promise.resolve()), this.#unusable.promise]);
      await this.#busProbes.ask();
    } catch (error) {
      await this.close();
      if (error instanceof RealtimeError && error.code !== 'BROKER_DOWN') throw error;
      throw new RealtimeError('BROKER_DOWN', `can not use RabbitMQ at ${this.target}: ${reasonOf(error)}`);
    }
    if (this.#isClosed()) throw new RealtimeError('CLOSED', 'the broker was closed');
    this.#state = 'open';
    this.#health = { state: 'up' };
    this.#busProbes.start();
    this.#logProbes?.start();
    this.#update();
  }

  async subscribe(channel: string): Promise<void> {
    await this.#subscriptions.subscribe(channel);
  }

  async unsubscribe(channel: string): Promise<void> {
    await this.#subscriptions.unsubscribe(channel);
  }

  async publish(work: readonly BusWork[]): Promise<void> {
    const { exchange = DEFAULT_EXCHANGE, persistentMessages: isPersistent = false } = this.#options;
    const writer = this.#writable();
    const messages = packBus(work, (channel) => this.#link.names.bus(channel));
    const publishing = messages.map(({ key, text }) => writer.publish({ exchange, key, text, isPersistent }));
    await within(PUBLISHED_MS, Promise.all(publishing)).catch((error: unknown) => {
      throw error instanceof RealtimeError ? error : outcomeUnknown('RabbitMQ did not confirm the messages', error);
    });
  }

  async inspect(): Promise<BrokerReport> {
    try {
      return await inspect(this.#link);
    } catch (error) {
      throw brokerDown('RabbitMQ does not tell about itself', error);
    }
  }

  health(): BrokerHealth {
    return this.#health;
  }

  async close(): Promise<void> {
    if (this.#isClosed()) return;
    this.#state = 'closed';
    this.#health = { state: 'down', reason: 'closed' };
    this.#busProbes.stop();
    this.#logProbes?.stop();
    this.log?.close();
    this.#subscriptions.clear();
    this.#queue.lose();
    await this.#connections.close();
  }

  /** Sets everything up on new connections. */
  async #opened(pair: Pair): Promise<void> {
    if (this.#partitions.length > 0) checkVersion(pair.reader);
    const channel = await openConfirmChannel(pair.writer, (reason) => {
      if (this.#pair === pair) this.#connections.drop(reason);
    });
    await this.#queue.open(pair.reader);
    if (this.#isClosed()) return;
    this.#pair = pair;
    this.#writer = new Confirming(channel);
    for (const partition of this.#partitions) partition.again();
    this.#troubles.delete('connection');
    if (this.#state !== 'open') return;
    // What the probes said was about the connection before.
    this.#trouble('bus', 'the connection is new');
    this.#busProbes.now();
    this.#logProbes?.now();
  }

  /** The queue is new: what was published since the one before is not in it. */
  #bound(): void {
    const { channels } = this.#subscriptions;
    if (this.#state === 'open' && channels.length > 0) this.#events?.gap(channels);
  }

  #received(key: string, text: string): void {
    if (key === this.#busProbe.key) this.#busProbe.heard(text);
    else if (this.#link.names.isBus(key)) this.#subscriptions.received(text);
  }

  #lost(reason: Error): void {
    const refusal = streamsAreOff(reason);
    if (refusal !== undefined) this.#unusable.reject(refusal);
    this.#pair = undefined;
    this.#writer = undefined;
    this.#queue.lose();
    this.#troubles.delete('blocked');
    this.#trouble('connection', reasonOf(reason));
    for (const partition of this.#partitions) partition.lose();
  }

  #blocked(reason: string | undefined): void {
    if (reason === undefined) {
      this.#troubles.delete('blocked');
      this.#busProbes.now();
      this.#logProbes?.now();
      this.#update();
      return;
    }
    this.#link.warn('RabbitMQ takes no messages for now', { reason });
    this.#trouble('blocked', `RabbitMQ takes no messages for now: ${reason}`);
  }

  #makeProbes(kind: 'bus' | 'log', everyMs: number, withinMs: number, ask: () => Promise<unknown>): Probes {
    return new Probes({
      clock: systemClock,
      everyMs,
      withinMs,
      ask,
      answered: () => {
        this.#troubles.delete(kind);
        this.#update();
      },
      silent: (reason) => this.#trouble(kind, reason),
      hopeless: () => {
        // Nothing is wrong with a connection that RabbitMQ does not read for a while.
        if (this.#pair === undefined || this.#troubles.has('blocked')) return;
        // A stream that was deleted, or a leader that is gone, is found by reading anew.
        if (kind === 'log') for (const partition of this.#partitions) partition.again();
        else this.#connections.drop(new Error('RabbitMQ does not answer'));
      },
    });
  }

  #trouble(kind: 'connection' | 'blocked' | 'bus' | 'log', reason: string): void {
    this.#troubles.set(kind, reason);
    this.#update();
  }

  #update(): void {
    if (this.#state !== 'open') return;
    const isBehind = this.log?.isCurrent === false || this.#partitions.some(({ isCurrent }) => !isCurrent);
    const [reason = isBehind ? 'the log is read' : undefined] = this.#troubles.values();
    const isUp = this.#health.state === 'up';
    if (isUp === (reason === undefined)) return;
    this.#health = reason === undefined ? { state: 'up' } : { state: 'down', reason };
    this.#events?.health(this.#health);
  }

  #connected(): Pair {
    if (this.#state === 'new' || this.#isClosed()) throw brokerDown('the broker is not started, or closed');
    if (this.#pair === undefined) throw brokerDown('the connection to RabbitMQ is lost');
    return this.#pair;
  }

  #writable(): Confirming {
    this.#connected();
    const blocked = this.#troubles.get('blocked');
    if (blocked !== undefined) throw brokerDown(blocked);
    return this.#writer!;
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}
