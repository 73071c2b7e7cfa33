import type { PollAnswer } from '@rt/core';

/**
 * The most that one answer has, but for a single frame that is larger. What is lost with an answer is sent again whole, a slow
 * network must get through one in the 5 s in which it may not stand still, and one must fit into a message between nodes.
 */
const MAX_ANSWER_BYTES = 64 * 1024;
const LF = 0x0a;
const NEWLINE = Buffer.from('\n');

/** What waits for one client: runs of frames, and the last answer until the client has said that it has it. */
export class Answers {
  readonly #runs: Uint8Array[] = [];
  #queuedBytes = 0;
  #last = 0;
  #open: PollAnswer | undefined;

  /** Number of the last answer that was made. */
  get last(): number {
    return this.#last;
  }

  /** The last answer, where it was not acknowledged. */
  get unacknowledged(): PollAnswer | undefined {
    return this.#open;
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  /** What the client does not have yet, or has not said so. */
  get bytes(): number {
    return this.#queuedBytes + (this.#open?.body.length ?? 0);
  }

  add(run: Uint8Array): void {
    this.#runs.push(run);
    this.#queuedBytes += run.length;
  }

  /** The client has the last answer. */
  acknowledge(): void {
    this.#open = undefined;
  }

  /** The next answer with frames; `close` goes with the last of them. There must be some, and everything else acknowledged. */
  next(close: number | undefined): PollAnswer {
    const body = this.#take();
    this.#last++;
    const isLast = close !== undefined && this.isEmpty;
    this.#open = { sequence: this.#last, body, ...(isLast && { close }) };
    return this.#open;
  }

  /** Lets go of what was not sent. */
  clear(): void {
    this.#runs.length = 0;
    this.#queuedBytes = 0;
  }

  #take(): Uint8Array {
    const parts: Uint8Array[] = [];
    let length = 0;
    while (this.#runs.length > 0) {
      const run = this.#runs[0]!;
      const end = endOfFrames(run, MAX_ANSWER_BYTES - length, parts.length === 0);
      if (end === 0) break;
      if (parts.length > 0) parts.push(NEWLINE);
      parts.push(end === run.length ? run : run.subarray(0, end));
      length += end + 1;
      if (end === run.length) {
        this.#runs.shift();
        this.#queuedBytes -= run.length;
      } else {
        this.#runs[0] = run.subarray(end + 1);
        this.#queuedBytes -= end + 1;
        break;
      }
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }
}

/** Where the whole frames at the start of `run` end that fit into `room`; with `atLeastOne` the first fits always. */
function endOfFrames(run: Uint8Array, room: number, atLeastOne: boolean): number {
  if (run.length <= room) return run.length;
  const fitting = room > 0 ? run.lastIndexOf(LF, room) : -1;
  if (fitting > 0) return fitting;
  if (!atLeastOne) return 0;
  const first = run.indexOf(LF);
  return first === -1 ? run.length : first;
}
