import { Echoes, Probes } from '@rt/core';
import type { Cancel, Clock } from '@rt/core';
import type { Redis } from 'ioredis';
import { connectAnew } from './connection-settings.ts';
import type { Master } from './connections.ts';
import { brokerDown, reasonOf } from './failure.ts';
import { encodeProbe } from './payload.ts';
import type { Listener } from './subscriptions.ts';

/** Time between two probes, and for one to come back. With two misses a silent server is known after 4.2 s. */
const PROBE_MS = 1_400;
/** Names in one SSUBSCRIBE. */
const CHUNK = 500;
/** Time until a shard that could not be brought up is tried again. */
const AGAIN_MS = 500;

/** What a shard needs of the broker around it. */
export interface ShardHost {
  readonly clock: Clock;
  /** Publishes a probe on `name`, as messages are published, on the connection for commands. */
  probe(name: string, payload: string): Promise<unknown>;
  /** What has to be listened to, in lists of one bucket each. */
  wanted(shard: Shard): readonly (readonly string[])[];
  received(name: string, payload: string, isDeaf: boolean): void;
  /** Everything is listened to again, after it was not: texts may have been missed. */
  resubscribed(shard: Shard): void;
  /** Brings the followers of this shard up to the log. */
  repair(shard: Shard): Promise<void>;
  /** Something about `down` may be new. */
  changed(): void;
  /** The server moved channels to another one. */
  moved(): void;
  /** The connection for commands to this shard's server should be made anew. */
  reconnect(shard: Shard): void;
}

/**
 * One server that channels are published on: the connection that listens there, and the knowledge whether all is well. After a
 * reconnect it is well again only when everything is subscribed, a probe came back and the followers have what they missed.
 */
export class Shard implements Listener {
  readonly key: string;
  /** The buckets whose channels are published there. May change while the server lives. */
  buckets: ReadonlySet<number>;
  readonly #host: ShardHost;
  readonly #subscriber: Redis;
  readonly #probes: Probes;
  readonly #echoes: Echoes;
  readonly #probeName: string;
  /** Why it can't be relied on. `undefined`: it can. */
  #down: string | undefined = 'not connected yet';
  #isSubscribed = false;
  #isClosed = false;
  /** Counts attempts to bring it up, so that one that was overtaken ends. */
  #attempt = 0;
  /** The attempt that is under way. */
  #running: number | undefined;
  #again: Cancel | undefined;
  #reason = 'the connection was lost';

  constructor(master: Master, subscriber: Redis, probeName: string, host: ShardHost) {
    this.key = master.key;
    this.buckets = master.buckets;
    this.#subscriber = subscriber;
    this.#probeName = probeName;
    this.#host = host;
    this.#echoes = new Echoes(host.clock);
    this.#probes = new Probes({
      clock: host.clock,
      everyMs: PROBE_MS,
      withinMs: PROBE_MS,
      ask: () => this.#echoes.ask((nonce) => this.#probe(nonce)),
      answered: () => this.#answered(),
      silent: (reason) => this.lose(reason),
      hopeless: () => this.startOver(),
    });
    subscriber.on('error', (error: Error) => (this.#reason = reasonOf(error)));
    subscriber.on('ready', () => this.#connected());
    subscriber.on('close', () => this.#disconnected());
    subscriber.on('moved', () => host.moved());
    subscriber.on('smessage', (name: string, payload: string) => this.#received(name, payload));
  }

  /** Why it can't be relied on, or `undefined`. */
  get down(): string | undefined {
    return this.#down;
  }

  /** Connects and brings it up. Later failures are mended by itself. */
  open(): void {
    this.#probes.start();
    // Why it failed is told by its `error` event, and it tries again.
    this.#subscriber.connect().catch(() => undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.#attempt++;
    this.#again?.();
    this.#probes.stop();
    this.#subscriber.disconnect();
  }

  async listen(names: readonly string[]): Promise<void> {
    if (this.#subscriber.status !== 'ready') throw brokerDown(`Redis is not there: ${this.#reason}`);
    try {
      await this.#subscriber.ssubscribe(...names);
    } catch (error) {
      throw brokerDown('Redis did not subscribe', error);
    }
  }

  /** Resolves when all that was published before has come in. Rejects when that takes too long. */
  arrived(): Promise<void> {
    return this.#probes.ask();
  }

  async unlisten(name: string): Promise<void> {
    if (this.#subscriber.status !== 'ready') return;
    // When the connection goes, so does the subscription.
    await this.#subscriber.sunsubscribe(name).catch(() => undefined);
  }

  /** It can't be relied on until it was brought up again. */
  lose(reason: string): void {
    if (this.#isClosed) return;
    this.#attempt++;
    const wasUp = this.#down === undefined;
    this.#down = reason;
    if (wasUp) this.#host.changed();
  }

  /** Brings it up where it is not. `again`: subscribes anew too, because its channels are not the same any more. */
  mend(again = false): void {
    if (again) this.#isSubscribed = false;
    if (this.#isClosed || this.#subscriber.status !== 'ready') return;
    if (this.#down === undefined && !again) return;
    if (again) this.lose('its channels change');
    if (this.#running === this.#attempt) return;
    const attempt = ++this.#attempt;
    this.#running = attempt;
    this.#again?.();
    this.#bringUp(attempt)
      .catch((error: unknown) => {
        if (attempt !== this.#attempt) return;
        this.#down = reasonOf(error);
        this.#again = this.#host.clock.after(AGAIN_MS, () => this.mend());
      })
      .finally(() => {
        if (this.#running === attempt) this.#running = undefined;
      });
  }

  /** Makes its connections anew. */
  startOver(): void {
    if (this.#isClosed) return;
    connectAnew(this.#subscriber);
    this.#host.reconnect(this);
  }

  async #bringUp(attempt: number): Promise<void> {
    if (!this.#isSubscribed) {
      await this.#subscriber.ssubscribe(this.#probeName);
      for (const names of this.#host.wanted(this)) {
        for (let index = 0; index < names.length; index += CHUNK) {
          await this.#subscriber.ssubscribe(...names.slice(index, index + CHUNK));
        }
      }
      if (attempt !== this.#attempt) return;
      this.#isSubscribed = true;
      this.#host.resubscribed(this);
    }
    await this.#probes.ask();
    await this.#host.repair(this);
    if (attempt !== this.#attempt) return;
    this.#down = undefined;
    this.#host.changed();
  }

  #connected(): void {
    this.#isSubscribed = false;
    this.mend();
  }

  #disconnected(): void {
    this.#isSubscribed = false;
    this.lose(this.#reason);
    this.#reason = 'the connection was lost';
  }

  async #probe(nonce: string): Promise<void> {
    const probing = this.#host.probe(this.#probeName, encodeProbe(nonce));
    // The error itself may hold more than is to be told.
    const refusal = await probing.then(() => undefined, reasonOf);
    if (refusal !== undefined) throw new Error(refusal);
  }

  /** A probe came back. Where it is down, for want of answers, that is what it waited for. */
  #answered(): void {
    if (this.#down !== undefined) this.mend();
  }

  #received(name: string, payload: string): void {
    if (this.#isClosed) return;
    if (name === this.#probeName) this.#echoes.heard(payload.slice(encodeProbe('').length));
    else this.#host.received(name, payload, !this.#isSubscribed);
  }
}
