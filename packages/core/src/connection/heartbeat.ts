import { serverFrame } from '@rt/protocol';
import type { Cancel, Clock } from '../contracts/clock.ts';
import type { Limits } from '../limits.ts';
import type { Connection } from './connection.ts';

const SWEEP_MS = 1_000;
const PING = serverFrame(['ping']);

/**
 * Finds the silent: one sweep a second over all connections instead of timers for each.
 * Both directions count: a client must hear something every `beatMs`, and must be heard at least as often.
 */
export class Heartbeat {
  /** The clock as of the last sweep: exact enough for silence, and free for the hot path to read. */
  now: number;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #connections: Iterable<Connection>;
  #stop: Cancel | undefined;

  constructor(clock: Clock, limits: Limits, connections: Iterable<Connection>) {
    this.#clock = clock;
    this.#limits = limits;
    this.#connections = connections;
    this.now = clock.now();
  }

  start(): void {
    this.now = this.#clock.now();
    this.#stop ??= this.#clock.every(SWEEP_MS, () => this.#sweep());
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #sweep(): void {
    this.now = this.#clock.now();
    for (const connection of this.#connections) this.#check(connection);
  }

  #check(connection: Connection): void {
    switch (connection.state) {
      case 'connecting':
      case 'authenticating':
        if (this.now - connection.openedAt >= this.#limits.connectTimeoutMs) connection.close('CONNECT_TIMEOUT');
        return;
      case 'open':
        if (hasExpired(connection, this.#clock.wallNow())) {
          connection.close('TOKEN_EXPIRED');
          return;
        }
        if (connection.outbox.isStuck()) {
          connection.close('SLOW_READER');
          return;
        }
        if (connection.pingedAt !== undefined) {
          if (this.now - connection.pingedAt >= this.#limits.beatAnswerMs) connection.close('HEARTBEAT_MISSED');
        } else if (this.now - Math.min(connection.outbox.sentAt, connection.heardAt) >= this.#limits.beatMs) {
          connection.pingedAt = this.now;
          connection.send(PING);
        }
        return;
      case 'closing':
      case 'closed':
    }
  }
}

function hasExpired({ user }: Connection, wallNow: number): boolean {
  return user?.expiresAt !== undefined && user.expiresAt.getTime() <= wallNow;
}
