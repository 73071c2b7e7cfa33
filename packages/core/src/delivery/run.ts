import type { Connection } from '../connection/connection.ts';

/** A run is handed on when it has this many characters, so that no connection is given far more than it may queue. */
const MAX_LENGTH = 8 * 1024;

/** Frames for the same connections, handed to each of them in one go: a broadcast touches every connection once, not once a frame. */
export class Run {
  #frames: string[] = [];
  #length = 0;

  /** Adds a frame. Whether the run should be handed on now. */
  add(frame: string): boolean {
    this.#frames.push(frame);
    this.#length += frame.length;
    return this.#length > MAX_LENGTH;
  }

  /** Hands the frames to every one of `connections`, and begins anew. */
  handTo(connections: Iterable<Connection>): void {
    if (this.#frames.length === 0) return;
    for (const connection of connections) connection.outbox.sendRun(this.#frames, this.#length);
    this.#frames = [];
    this.#length = 0;
  }
}
