import type { Connection } from '../connection/connection.ts';
import type { Cancel, Clock } from '../contracts/clock.ts';
import type { Roster } from './roster.ts';

/** At most one frame in this time: 5 a second, however much happens. */
const FRAME_INTERVAL_MS = 200;
/** Clients that are told in one turn of the event loop: with more, everything else would wait. */
const TOLD_IN_A_TURN = 1_000;

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
  /** `telling`: some were told of the last frame, and others are in turns to come. */
  #state: 'quiet' | 'waiting' | 'telling' = 'quiet';
  /** Something changed while some were told. */
  #hasNews = false;
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
    if (this.#state === 'telling') this.#hasNews = true;
    if (this.#state !== 'quiet' || this.#connections.size === 0) return;
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
    this.#tell(frame, [...this.#connections]);
  }

  /** `connection` reads again. If it missed anything, the last frame is the next one for it, or shows that it missed more. */
  repeat(connection: Connection): void {
    if (this.#missed.delete(connection) && this.#lastFrame !== undefined) connection.send(this.#lastFrame);
  }

  /** Tells some of `connections`, and the others in the next turns. Those who come meanwhile know of it, and who goes needs not. */
  #tell(frame: string, connections: readonly Connection[], from = 0): void {
    const end = from + TOLD_IN_A_TURN;
    for (const connection of connections.slice(from, end)) {
      if (!this.#connections.has(connection)) continue;
      if (connection.outbox.isBehind) this.#missed.add(connection);
      else connection.send(frame);
    }
    if (end < connections.length) {
      this.#state = 'telling';
      this.#clock.soon(() => this.#tell(frame, connections, end));
      return;
    }
    this.#state = 'quiet';
    if (!this.#hasNews) return;
    this.#hasNews = false;
    this.changed();
  }

  /** While nobody here was told of anything, the roster went on. */
  #settle(): void {
    if (this.#connections.size === 0) this.roster.nextFrame();
  }

  close(): void {
    this.#cancel?.();
    this.#connections.clear();
    this.roster.stopWaiting();
  }
}
