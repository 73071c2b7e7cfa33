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
    this.#connections.add(connection);
  }

  /** Whether it was there. */
  remove(connection: Connection): boolean {
    return this.#connections.delete(connection);
  }

  has(connection: Connection): boolean {
    return this.#connections.has(connection);
  }

  /** Something changed that clients have to hear of. */
  changed(): void {
    if (this.#state === 'waiting') return;
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
      if (connection.behind === undefined) connection.send(frame);
    }
  }

  /** `connection` reads again. The last frame is the next one for it, or shows it that it has missed some. */
  repeat(connection: Connection): void {
    if (this.#lastFrame !== undefined) connection.send(this.#lastFrame);
  }

  close(): void {
    this.#cancel?.();
    this.roster.stopWaiting();
  }
}
