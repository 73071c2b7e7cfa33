import type { Encoding } from '@rt/core';
import type { ErrorCode, ServerFrame } from '@rt/protocol';

/** What a run says beside its events, for the links that write it. */
export type Sign =
  | { readonly type: 'subscribed' | 'ping' }
  /** The subscription ended or was refused; or (`error`) all of the connection, and core closes it. */
  | { readonly type: 'unsubscribed' | 'error'; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'drain'; readonly withinMs: number };

const NO_SIGNS: readonly Sign[] = [];

/**
 * A run of frames as events for readers of one channel that know nothing of frames: each message is an event of the application's
 * name with its cursor as id, so that an `EventSource` asks to go on from there. What concerns other channels is left out.
 */
export class ReaderEncoding implements Encoding {
  readonly name = 'sse-reader';
  readonly channel: string;
  readonly #signs = new WeakMap<Uint8Array, readonly Sign[]>();

  constructor(channel: string) {
    this.channel = channel;
  }

  encode(frames: readonly string[]): Uint8Array {
    const run = new ReaderRun(this.channel);
    // Core wrote them.
    for (const frame of frames) run.add(JSON.parse(frame) as ServerFrame);
    const bytes = Buffer.from(run.end());
    if (run.signs.length > 0) this.#signs.set(bytes, run.signs);
    return bytes;
  }

  /** What the run behind `bytes`, which `encode` made, says beside its events. */
  signsOf(bytes: Uint8Array): readonly Sign[] {
    return this.#signs.get(bytes) ?? NO_SIGNS;
  }
}

/** One run being written. */
class ReaderRun {
  readonly signs: Sign[] = [];
  readonly #channel: string;
  #text = '';
  /** A place to go on from which no event has told yet. */
  #place: string | undefined;

  constructor(channel: string) {
    this.#channel = channel;
  }

  add(frame: ServerFrame): void {
    switch (frame[0]) {
      case 'm': {
        const [, channel, event, cursor, data] = frame;
        if (channel === this.#channel) this.#event(event, data, cursor);
        return;
      }
      case 'gap': {
        const [, channel, reason, cursor] = frame;
        if (channel === this.#channel) this.#event('rt.gap', { reason }, cursor);
        return;
      }
      case 'skip':
        if (frame[1] === this.#channel) this.#place = frame[2];
        return;
      case 'sub': {
        const [, , channel, cursor] = frame;
        if (channel !== this.#channel) return;
        this.signs.push({ type: 'subscribed' });
        this.#place = cursor ?? undefined;
        return;
      }
      case 'unsub': {
        const [, channel, code, message = ''] = frame;
        if (channel === this.#channel) this.signs.push({ type: 'unsubscribed', code, message });
        return;
      }
      case 'err':
        this.signs.push({ type: 'error', code: frame[2], message: frame[3] });
        return;
      case 'drain':
        this.signs.push({ type: 'drain', withinMs: frame[1] });
        return;
      case 'ping':
        this.signs.push({ type: 'ping' });
        this.#text += ':\n\n';
        return;
      default:
      // Nothing that a reader of messages has asked for.
    }
  }

  end(): string {
    return this.#place === undefined ? this.#text : `${this.#text}id: ${this.#place}\n\n`;
  }

  /** An event tells its own place; it must not come after one that a gap before it leaves behind. */
  #event(name: string, data: unknown, cursor: string | null): void {
    if (cursor !== null) this.#place = undefined;
    const id = cursor === null ? '' : `id: ${cursor}\n`;
    this.#text += `event: ${name}\n${id}data: ${JSON.stringify(data)}\n\n`;
  }
}
