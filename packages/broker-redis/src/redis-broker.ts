import { cutBus, encodeBus, systemClock, Warnings } from '@rt/core';
import type { Broker, BrokerEvents, BrokerHealth, BrokerReport, BusWork, Cancel } from '@rt/core';
import { RealtimeError } from '@rt/protocol';
import { randomBytes } from 'node:crypto';
import { databaseOf } from './connections.ts';
import type { Connections } from './connections.ts';
import { brokerDown, reasonOf } from './failure.ts';
import { CHECK_MS, Heads } from './heads.ts';
import { inspect } from './inspection.ts';
import type { Link } from './link.ts';
import { Names } from './names.ts';
import { parseOptions } from './options.ts';
import type { RedisBrokerOptions } from './options.ts';
import { prepareConnections } from './prepare-connections.ts';
import { PROBE } from './probe-script.ts';
import { RedisLog } from './redis-log.ts';
import { Script } from './script.ts';
import { checkServer } from './server-check.ts';
import { Shards } from './shards.ts';
import { Subscriptions } from './subscriptions.ts';
import { whyUnreachable } from './unreachable.ts';

/** Time for all of `start`. */
const START_MS = 5_000;
/** What the client says of a connection that ended, whatever ended it. */
const CLOSED = 'Connection is closed.';
const NOTHING_SAID = 'it does not answer as a Redis that is ready';

/**
 * A broker over Redis 7.0 or newer: one server, Sentinel or Cluster. It has the bus and the log, and connects when it is started.
 * Throws `BAD_OPTION`.
 */
export function redisBroker(options: RedisBrokerOptions = {}): Broker {
  const { namespace } = parseOptions(options);
  const connections = prepareConnections(options);
  return new RedisBroker(connections, new Names(namespace, databaseOf(connections)));
}

class RedisBroker implements Broker {
  readonly name = 'redis';
  readonly log: RedisLog;
  readonly #connections: Connections;
  readonly #names: Names;
  readonly #link: Link;
  readonly #subscriptions: Subscriptions;
  readonly #shards: Shards;
  readonly #heads: Heads;
  #events: BrokerEvents | undefined;
  #state: 'new' | 'starting' | 'open' | 'closed' = 'new';
  #health: BrokerHealth = { state: 'down', reason: 'not started' };
  /** What the connection for commands said last. */
  #reason = NOTHING_SAID;
  /** For `start`, which waits for the first time that all is well. */
  readonly #firstUp = Promise.withResolvers<void>();
  #stopCheck: Cancel | undefined;
  #stopWatch: Cancel | undefined;
  #isChecking = false;

  constructor(connections: Connections, names: Names) {
    this.#connections = connections;
    this.#names = names;
    const warnings = new Warnings(systemClock, (message, details) => {
      if (this.#state !== 'closed') this.#events?.warn(message, details);
    });
    const link: Link = {
      connections,
      names,
      clock: systemClock,
      checkReady: () => this.#checkReady(),
      warn: (message, details) => warnings.warn(message, details),
    };
    this.#link = link;
    this.#subscriptions = new Subscriptions(names, (bucket) => this.#shards.listenerOf(bucket), {
      message: (channel, texts) => this.#events?.message(channel, texts),
      dropped: (channel, reason) => link.warn('dropped what came in from Redis', { channel, reason }),
    });
    this.log = new RedisLog(link, this.#subscriptions);
    this.#heads = new Heads(link, (channel) => this.log.renew(channel));
    // Closed before anybody waits for it, it is nobody's error.
    this.#firstUp.promise.catch(() => undefined);
    const node = randomBytes(9).toString('base64url');
    const probe = new Script(connections, PROBE);
    this.#shards = new Shards(
      connections,
      systemClock,
      {
        clock: systemClock,
        probe: (name, payload) => probe.run([name], [payload]),
        wanted: ({ buckets }) => this.#subscriptions.names(buckets),
        received: (name, payload, isDeaf) => this.#subscriptions.received(name, payload, isDeaf),
        resubscribed: ({ buckets }) => this.#missed(this.#subscriptions.busChannels(buckets)),
        repair: (shard) => this.#heads.repair(this.#subscriptions.followers(shard.buckets), () => shard.arrived()),
        changed: () => this.#update(),
        moved: () => connections.refresh(),
        reconnect: ({ key }) => connections.reconnect(key),
      },
      (bucket) => names.probe(bucket, node),
    );
  }

  async start(events: BrokerEvents): Promise<void> {
    if (this.#state !== 'new') throw new RealtimeError('CLOSED', 'a broker can be started once');
    this.#state = 'starting';
    this.#events = events;
    const deadline = Promise.withResolvers<never>();
    const late = (): void => {
      const isConnected = this.#connections.commands.status === 'ready';
      const reason = isConnected ? this.#shards.down : undefined;
      deadline.reject(new Error(reason ?? `no answer within ${START_MS} ms`));
    };
    const end = systemClock.after(START_MS, late, true);
    try {
      await Promise.race([this.#connect(), deadline.promise]);
    } catch (error) {
      await this.close();
      if (error instanceof RealtimeError) throw error;
      throw brokerDown(`can not use Redis at ${this.#connections.target}`, error);
    } finally {
      end();
    }
  }

  async subscribe(channel: string): Promise<void> {
    this.#checkOpen();
    await this.#subscriptions.subscribe(channel);
  }

  async unsubscribe(channel: string): Promise<void> {
    await this.#subscriptions.unsubscribe(channel);
  }

  async publish(work: readonly BusWork[]): Promise<void> {
    this.#checkReady();
    const { commands } = this.#connections;
    try {
      await Promise.all(
        work.flatMap(({ channel, texts }) =>
          cutBus(texts).map((part) => commands.spublish(this.#names.stream(channel), encodeBus(part))),
        ),
      );
    } catch (error) {
      throw brokerDown('Redis did not take the messages', error);
    }
  }

  get target(): string {
    const db = databaseOf(this.#connections);
    return db === 0 ? this.#connections.target : `${this.#connections.target}, database ${db}`;
  }

  async inspect(): Promise<BrokerReport> {
    this.#checkReady();
    try {
      return await inspect(this.#connections);
    } catch (error) {
      throw brokerDown('Redis does not tell about itself', error);
    }
  }

  health(): BrokerHealth {
    const { down } = this.#shards;
    // The reason changes while it is down: first the connection is lost, then a new one is refused.
    return this.#state === 'open' && this.#health.state === 'down' && down !== undefined
      ? { state: 'down', reason: down }
      : this.#health;
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#health = { state: 'down', reason: 'closed' };
    this.#firstUp.reject(new RealtimeError('CLOSED', 'the broker was closed'));
    this.#stopCheck?.();
    this.#stopWatch?.();
    this.#subscriptions.clear();
    this.#shards.close();
    this.#connections.commands.disconnect();
  }

  async #connect(): Promise<void> {
    const { commands } = this.#connections;
    const failed = (error: Error): void => {
      const reason = reasonOf(error);
      // Of several errors of one failure, that one says the least.
      if (reason !== CLOSED) this.#reason = reason;
    };
    commands.on('error', failed);
    commands.on('node error', failed);
    try {
      await connected(commands);
    } catch {
      // ioredis says that the connection was closed; what came before that says why.
      const isVague = this.#reason === NOTHING_SAID || this.#reason.endsWith(CLOSED);
      const why =
        isVague && this.#state === 'starting' ? await whyUnreachable(this.#connections.entrances()) : undefined;
      throw new Error(why ?? this.#reason);
    }
    await checkServer(this.#connections);
    if (this.#state !== 'starting') throw new RealtimeError('CLOSED', 'the broker was closed');
    this.#reason = 'the connection was lost';
    commands.on('close', () => this.#shards.lose(this.#reason));
    commands.on('ready', () => this.#shards.mend());
    commands.on('refresh', () => this.#shards.update());
    this.#shards.open();
    await this.#firstUp.promise;
    this.#connections.keep();
    this.#state = 'open';
    this.#stopCheck = systemClock.every(CHECK_MS, () => void this.#check());
    this.#stopWatch = this.#connections.watch({
      moved: () => this.#shards.startOver(),
      refused: (reason) =>
        this.#link.warn('a sentinel does not tell when it makes another server the master', { reason }),
    });
  }

  #update(): void {
    if (this.#state === 'closed') return;
    const { down } = this.#shards;
    const isUp = this.#health.state === 'up';
    if (isUp === (down === undefined)) return;
    this.#health = down === undefined ? { state: 'up' } : { state: 'down', reason: down };
    if (this.#state === 'open') this.#events?.health(this.#health);
    else if (down === undefined) this.#firstUp.resolve();
  }

  #missed(channels: readonly string[]): void {
    if (this.#state === 'open' && channels.length > 0) this.#events?.gap(channels);
  }

  async #check(): Promise<void> {
    if (this.#isChecking || this.#health.state === 'down') return;
    this.#isChecking = true;
    try {
      const checks = this.#shards
        .all()
        .map((shard) => this.#heads.check(this.#subscriptions.followers(shard.buckets), () => shard.arrived()));
      await Promise.all(checks);
    } catch {
      // Redis does not answer: the probes say so, and all heads are looked at when it is back.
    } finally {
      this.#isChecking = false;
    }
  }

  #checkOpen(): void {
    if (this.#state !== 'open') throw brokerDown('the broker is not started, or closed');
  }

  #checkReady(): void {
    this.#checkOpen();
    if (this.#connections.commands.status !== 'ready') throw brokerDown(`Redis is not there: ${this.#reason}`);
  }
}

/** Connects. The client of a cluster that is not ready gives up without settling its promise: that rejects, too. */
function connected(commands: Connections['commands']): Promise<void> {
  return new Promise((resolve, reject) => {
    commands.once('end', () => reject(new Error(CLOSED)));
    commands.connect().then(resolve, reject);
  });
}
