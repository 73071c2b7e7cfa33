import type { Connection } from '../connection/connection.ts';
import type { Cancel, Clock } from '../contracts/clock.ts';
import type { Roster } from './roster.ts';

/** At most one frame in this time: 5 a second, however much happens. */
const FRAME_INTERVAL_MS = 200;

/** Who is told of one channel's members, and when: at once after a quiet time, then what piles up, every 200 ms. */
export class PresenceChannel {
  readonly roster: Roster;
  readonly #clock: Clock;
  /** Asks for `flush` at the end of this tick. */
  readonly #flushSoon: (channel: PresenceChannel) => void;
  readonly #connections = new Set<Connection>();
  /** Those who were not sent every frame. */
  readonly #missed = new Set<Connection>();
  #lastFrame: string | undefined;
  #lastFrameAt = -Infinity;
  #state: 'quiet' | 'waiting' = 'quiet';
  #cancel: Cancel | undefined;

  constructor(roster: Roster, clock: Clock, flushSoon: (channel: PresenceChannel) => void) {
    this.roster = roster;
    this.#clock = clock;
    this.#flushSoon = flushSoon;
  }

  add(connection: Connection): void {
    this.#settle();
    this.#connections.add(connection);
  }

  /** Whether it was there. */
  remove(connection: Connection): boolean {
    this.#missed.delete(connection);
    return this.#connections.delete(connection);
  }

  has(connection: Connection): boolean {
    return this.#connections.has(connection);
  }

  /** The roster as JSON, for user `viewer`. */
  text(viewer: string): string {
    this.#settle();
    return this.roster.text(viewer);
  }

  /** Something changed that clients have to hear of, if there are any here. */
  changed(): void {
    if (this.#state === 'waiting' || this.#connections.size === 0) return;
    this.#state = 'waiting';
    const waitMs = this.#lastFrameAt + FRAME_INTERVAL_MS - this.#clock.now();
    if (waitMs <= 0) this.#flushSoon(this);
    else this.#cancel = this.#clock.after(waitMs, () => this.flush());
  }

  /** Sends what has piled up, to everybody who reads; who does not is told of the last frame when it does again. */
  flush(): void {
    this.#state = 'quiet';
    const frame = this.roster.nextFrame();
    if (frame === undefined) return;
    this.#lastFrame = frame;
    this.#lastFrameAt = this.#clock.now();
    for (const connection of this.#connections) {
      if (connection.outbox.isBehind) this.#missed.add(connection);
      else connection.send(frame);
    }
  }

  /** `connection` reads again. If it missed anything, the last frame is the next one for it, or shows that it missed more. */
  repeat(connection: Connection): void {
    if (this.#missed.delete(connection) && this.#lastFrame !== undefined) connection.send(this.#lastFrame);
  }

  /** While nobody here was told of anything, the roster went on. */
  #settle(): void {
    if (this.#connections.size === 0) this.roster.nextFrame();
  }

  close(): void {
    this.#cancel?.();
    this.roster.stopWaiting();
  }
}
