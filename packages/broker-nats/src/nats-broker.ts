import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection, Status } from '@nats-io/transport-node';
import { brokerDown, cutBus, encodeBus, PartitionLog, Probes, reasonOf, systemClock, Warnings, within } from '@rt/core';
import type { Broker, BrokerEvents, BrokerHealth, BrokerReport, BusWork } from '@rt/core';
import { RealtimeError } from '@rt/protocol';
import { randomBytes } from 'node:crypto';
import { Appends } from './appends.ts';
import { BusProbe } from './bus-probe.ts';
import { openConnection, targetOf } from './connection.ts';
import { inspect } from './inspection.ts';
import type { Link } from './link.ts';
import { Names } from './names.ts';
import { NatsPartition } from './nats-partition.ts';
import { checkOptions } from './options.ts';
import type { NatsBrokerOptions } from './options.ts';
import { checkLength } from './payload.ts';
import { Spread } from './spread.ts';
import { DEFAULT_PARTITIONS, DEFAULT_RETENTION_MS } from './stream.ts';
import { Subscriptions } from './subscriptions.ts';

/** Time for all of `start`, but for reading the log. */
const START_MS = 5_000;
/** Time for reading the log at the start. */
const REPLAY_MS = 60_000;
const BUS_PROBE_MS = 1_400;
const LOG_PROBE_MS = 5_000;
const LOG_PROBE_WITHIN_MS = 1_500;

/**
 * A broker over NATS: the bus, and over its JetStream the log. It connects when it is started. Throws `BAD_OPTION`.
 */
export function natsBroker(options: NatsBrokerOptions = {}): Broker {
  checkOptions(options);
  return new NatsBroker(options);
}

class NatsBroker implements Broker {
  readonly name = 'nats';
  readonly log?: PartitionLog;
  readonly #options: NatsBrokerOptions;
  readonly #link: Link;
  readonly #partitions: readonly NatsPartition[];
  readonly #subscriptions: Subscriptions;
  readonly #spread: Spread;
  readonly #appends: Appends;
  readonly #node = randomBytes(9).toString('base64url');
  readonly #busProbe: BusProbe;
  readonly #busProbes: Probes;
  readonly #logProbes: Probes | undefined;
  #events: BrokerEvents | undefined;
  #state: 'new' | 'starting' | 'open' | 'closed' = 'new';
  #health: BrokerHealth = { state: 'down', reason: 'not started' };
  #connection: NatsConnection | undefined;
  #isConnected = false;
  /** Why it is not to be relied on, for each of what has to be well. */
  readonly #troubles = new Map<'connection' | 'bus' | 'log', string>();

  constructor(options: NatsBrokerOptions) {
    this.#options = options;
    const names = new Names(options.namespace ?? 'rt');
    const warnings = new Warnings(systemClock, (message, details) => {
      if (this.#state !== 'closed') this.#events?.warn(message, details);
    });
    this.#link = {
      names,
      clock: systemClock,
      options,
      connection: () => this.#ready(),
      warn: (message, details) => warnings.warn(message, details),
      suspect: () => this.#logProbes?.now(),
      changed: () => this.#update(),
    };
    this.#appends = new Appends(this.#link);
    this.#spread = new Spread(this.#link, this.#node);
    this.#subscriptions = new Subscriptions(this.#link, this.#spread, (channel, texts) =>
      this.#events?.message(channel, texts),
    );
    this.#busProbe = new BusProbe(this.#link, this.#node);
    this.#busProbes = this.#makeProbes('bus', BUS_PROBE_MS, BUS_PROBE_MS, () => this.#busProbe.ask());
    const count = options.jetstream === false ? 0 : (options.partitions ?? DEFAULT_PARTITIONS);
    this.#partitions = Array.from(
      { length: count },
      (_, partition) => new NatsPartition(this.#link, this.#appends, partition),
    );
    if (count === 0) return;
    const log = new PartitionLog(this.#partitions, {
      retentionMs: options.retentionMs ?? DEFAULT_RETENTION_MS,
      maxBytes: options.maxLogBytes,
      warn: (message, details) => this.#link.warn(message, details),
      changed: () => this.#update(),
    });
    this.log = log;
    this.#logProbes = this.#makeProbes('log', LOG_PROBE_MS, LOG_PROBE_WITHIN_MS, () => log.probe());
  }

  async start(events: BrokerEvents): Promise<void> {
    if (this.#state !== 'new') throw new RealtimeError('CLOSED', 'a broker can be started once');
    this.#state = 'starting';
    this.#events = events;
    try {
      await within(START_MS, this.#connect());
      await within(REPLAY_MS, this.log?.start() ?? Promise.resolve());
      await this.#busProbes.ask();
    } catch (error) {
      await this.close();
      if (error instanceof RealtimeError && error.code !== 'BROKER_DOWN') throw error;
      throw new RealtimeError('BROKER_DOWN', `can not use NATS at ${targetOf(this.#options)}: ${reasonOf(error)}`);
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
    const connection = this.#ready();
    try {
      const messages = work.flatMap(({ channel, texts }) =>
        cutBus(texts).map((part) => ({ subject: this.#link.names.bus(channel), message: encodeBus(part) })),
      );
      // All of them before the first is sent: nothing is done by halves.
      for (const { message } of messages) checkLength(message, connection.info?.max_payload);
      for (const { subject, message } of messages) connection.publish(subject, message);
      await connection.flush();
    } catch (error) {
      throw brokerDown('NATS did not take the messages', error);
    }
  }

  get target(): string {
    return targetOf(this.#options);
  }

  async inspect(): Promise<BrokerReport> {
    try {
      return await inspect(this.#link, this.#partitions.length);
    } catch (error) {
      throw brokerDown('NATS does not tell about itself', error);
    }
  }

  health(): BrokerHealth {
    return this.#health;
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#health = { state: 'down', reason: 'closed' };
    this.#busProbes.stop();
    this.#logProbes?.stop();
    this.log?.close();
    this.#appends.close();
    this.#subscriptions.clear();
    await this.#connection?.close();
  }

  async #connect(): Promise<void> {
    const connection = await openConnection(this.#options, `rt-${this.#node}`);
    this.#connection = connection;
    if (this.#isClosed()) {
      await connection.close();
      return;
    }
    this.#isConnected = true;
    void this.#watch(connection);
    this.#busProbe.open(connection);
    this.#spread.open(connection);
    await connection.flush();
    if (this.log === undefined) return;
    await this.#checkJetStream(connection);
    this.#appends.open(connection);
  }

  async #checkJetStream(connection: NatsConnection): Promise<void> {
    try {
      await jetstreamManager(connection, { timeout: START_MS });
    } catch (error) {
      throw new RealtimeError(
        'UNSUPPORTED',
        `NATS at ${targetOf(this.#options)} has no JetStream for this user (${reasonOf(error)}): start it with -js, ` +
          'or do without history with jetstream: false',
      );
    }
  }

  /** Follows what the library says about the connection, until it is closed. */
  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) this.#changed(status);
    if (!this.#isClosed()) this.#lost('the connection was closed for good');
  }

  #changed(status: Status): void {
    if (this.#isClosed()) return;
    switch (status.type) {
      case 'disconnect':
        this.#lost('the connection was lost');
        break;
      case 'reconnect':
        this.#found();
        break;
      case 'error':
        this.#appends.refused(status.error);
        this.#link.warn('NATS reports an error', { reason: reasonOf(status.error) });
        break;
      case 'slowConsumer':
      case 'staleConnection':
        this.#link.warn('the connection to NATS is slow', { kind: status.type });
        break;
      default:
    }
  }

  #lost(reason: string): void {
    this.#isConnected = false;
    this.#subscriptions.lose();
    this.#trouble('connection', reason);
    for (const partition of this.#partitions) partition.lose();
  }

  #found(): void {
    this.#isConnected = true;
    this.#spread.moved();
    this.#subscriptions.again();
    const { channels } = this.#subscriptions;
    if (this.#state === 'open' && channels.length > 0) this.#events?.gap(channels);
    for (const partition of this.#partitions) partition.again();
    this.#troubles.delete('connection');
    // What the probes said was about the connection before.
    this.#trouble('bus', 'the connection is new');
    this.#busProbes.now();
    this.#logProbes?.now();
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
        // A stream that was deleted, or a leader that is gone, is found by reading anew.
        if (kind === 'log') for (const partition of this.#partitions) partition.again();
        else if (this.#isConnected) this.#connection?.reconnect().catch(() => undefined);
      },
    });
  }

  #trouble(kind: 'connection' | 'bus' | 'log', reason: string): void {
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

  #ready(): NatsConnection {
    const connection = this.#connection;
    if (connection === undefined || this.#isClosed()) throw brokerDown('the broker is not started, or closed');
    if (!this.#isConnected) throw brokerDown('the connection to NATS is lost');
    return connection;
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}
