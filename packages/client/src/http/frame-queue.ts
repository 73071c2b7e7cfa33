/** How many frames the server takes in one body. */
const MAX_FRAMES = 100;

/** The frames that wait for their POST. */
export class FrameQueue {
  readonly #frames: string[] = [];
  readonly #utf8 = new TextEncoder();

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  /** Adds the frames of one message. */
  add(message: string): void {
    this.#frames.push(...message.split('\n'));
  }

  /** Takes the next body: as many frames as fit into `maxBytes`, but at least one. */
  take(maxBytes: number): string {
    let count = 0;
    let bytes = -1;
    for (const frame of this.#frames.slice(0, MAX_FRAMES)) {
      bytes += this.#utf8.encode(frame).length + 1;
      if (count > 0 && bytes > maxBytes) break;
      count++;
    }
    return this.#frames.splice(0, count).join('\n');
  }
}
