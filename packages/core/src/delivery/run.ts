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
    for (const connection of connections) connection.outbox.sendRun(this.#frames, this.#length, undefined);
    this.#frames = [];
    this.#length = 0;
  }
}

/** A run that came as one text with a line for each frame. */
export class LineRun {
  readonly frames: readonly string[];
  readonly #lines: string;

  constructor(frames: readonly string[], lines: string) {
    this.frames = frames;
    this.#lines = lines;
  }

  /** Hands the frames to every one of `connections`. */
  handTo(connections: Iterable<Connection>): void {
    const length = this.#lines.length - this.frames.length + 1;
    for (const connection of connections) connection.outbox.sendRun(this.frames, length, this.#lines);
  }

  /** In pieces that may be handed on one after the other. */
  cut(): readonly LineRun[] {
    if (this.#lines.length <= MAX_LENGTH) return [this];
    const pieces: LineRun[] = [];
    let first = 0;
    let start = 0;
    let end = -1;
    for (let index = 0; index < this.frames.length; index++) {
      end += this.frames[index]!.length + 1;
      if (end - start <= MAX_LENGTH && index < this.frames.length - 1) continue;
      pieces.push(new LineRun(this.frames.slice(first, index + 1), this.#lines.slice(start, end)));
      first = index + 1;
      start = end + 1;
    }
    return pieces;
  }
}

/** Frames that came as lines, which have them all. `count` is how many there should be. */
export function lineRun(lines: string, count: number): LineRun {
  if (count === 1) return new LineRun([lines], lines);
  const frames = lines.split('\n');
  if (frames.length === count) return new LineRun(frames, lines);
  // Somebody else wrote this.
  frames.length = Math.min(frames.length, count);
  return new LineRun(frames, frames.join('\n'));
}
