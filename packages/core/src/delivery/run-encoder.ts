import type { Encoding } from '../contracts/encoding.ts';

const NOTHING: readonly string[] = [];

/**
 * Encodes runs of frames and remembers the last one: subscribers of the same channels have equal runs in one tick,
 * so a broadcast to thousands is encoded once. Often they are the same array; else they are compared element by element by
 * identity, which is one pointer comparison each, because one frame is one string shared by all its receivers.
 */
export class RunEncoder {
  #encoding: Encoding | undefined;
  #frames = NOTHING;
  #bytes: Uint8Array | undefined;

  /** `lines` are the frames joined by LF, where that is at hand. Nobody changes `frames` any more. */
  encode(encoding: Encoding, frames: readonly string[], lines: string | undefined): Uint8Array {
    if (this.#bytes !== undefined && this.#encoding === encoding && isSameRun(this.#frames, frames)) return this.#bytes;
    this.#encoding = encoding;
    this.#frames = frames;
    return (this.#bytes = encoding.encode(frames, lines ?? frames.join('\n')));
  }

  /** Lets go of the last run, so that an idle server holds no messages. */
  forget(): void {
    this.#frames = NOTHING;
    this.#bytes = undefined;
  }
}

function isSameRun(a: readonly string[], b: readonly string[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[index]) return false;
  }
  return true;
}
