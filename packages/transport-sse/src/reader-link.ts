import { RealtimeError } from '@rt/core';
import type { Cancel, Clock, Link, Session } from '@rt/core';
import { errorTable, RETRYABLE } from '@rt/protocol';
import type { EventStream } from './event-stream.ts';
import type { ReaderEncoding, Sign } from './reader-encoding.ts';

/** RFC 6455 §7.1.5: how a connection ended that nobody closed. */
const ABNORMAL = 1006;
/** RFC 6455 §7.4.1: the server can't go on; it is worth another try. */
const INTERNAL_ERROR = 1011;
/** An `EventSource` comes back after a time from here on, which differs from one to the next: they don't come all at once. */
const RETRY_MS = 1_000;
const RETRY_SPREAD_MS = 4_000;

/** What is asked of a `ReaderLink`. */
interface Reading {
  readonly stream: EventStream;
  readonly encoding: ReaderEncoding;
  readonly clock: Clock;
  /** Called once, when nothing is left of the reader. */
  readonly gone: () => void;
}

/**
 * The stream of one plain reader. It begins with the subscription, so that what is refused is refused by HTTP status. A reader says
 * nothing, so the link answers pings for it: it is alive while its socket takes what is written.
 */
export class ReaderLink implements Link {
  readonly encoding: ReaderEncoding;
  /** Resolves when the stream has begun or there is nobody to answer; rejects with why the reader is refused: then `abandon` it. */
  readonly opened: Promise<void>;
  readonly #reading: Reading;
  readonly #opening = Promise.withResolvers<void>();
  #state: 'opening' | 'open' | 'ending' = 'opening';
  #session: Session | undefined;
  /** Why core is about to close a connection that has not begun. */
  #refusal: RealtimeError | undefined;
  #end = { code: ABNORMAL, reason: '' };
  #cancelDrain: Cancel | undefined;

  constructor(reading: Reading) {
    this.#reading = reading;
    this.encoding = reading.encoding;
    this.opened = this.#opening.promise;
  }

  serve(session: Session): void {
    this.#session = session;
  }

  write(bytes: Uint8Array): void {
    const signs = this.encoding.signsOf(bytes);
    if (this.#state === 'opening') this.#open(signs);
    if (this.#state !== 'open') return;
    const isPinged = signs.some(({ type }) => type === 'ping');
    if (bytes.length > 0) this.#reading.stream.write(bytes, isPinged ? this.#answerPing : undefined);
    for (const sign of signs) this.#follow(sign);
  }

  get bufferedBytes(): number {
    return this.#state === 'opening' ? 0 : this.#reading.stream.bufferedBytes;
  }

  close(code: number, reason: string): void {
    if (this.#state === 'opening')
      this.#refuse(this.#refusal ?? new RealtimeError('CLOSING', errorTable.CLOSING.message));
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#end = { code, reason };
    this.#reading.stream.end(Buffer.from(`event: rt.close\ndata: ${code}\n\n`));
  }

  /** There is nobody to write to any more. */
  abandon(): void {
    this.#state = 'ending';
    this.#cancelDrain?.();
    this.#opening.resolve();
    if (this.#session === undefined) return;
    const { code, reason } = this.#end;
    this.#session.closed(code, reason);
    this.#session = undefined;
    this.#reading.gone();
  }

  /** Waits for the answer to the subscription. */
  #open(signs: readonly Sign[]): void {
    for (const sign of signs) {
      switch (sign.type) {
        case 'subscribed':
          this.#begin();
          return;
        case 'unsubscribed':
          this.#refuse(new RealtimeError(sign.code, sign.message));
          return;
        case 'error':
          this.#refusal = new RealtimeError(sign.code, sign.message);
          return;
        case 'ping':
        case 'drain':
      }
    }
  }

  #begin(): void {
    const { stream } = this.#reading;
    this.#state = 'open';
    stream.listen({
      drained: () => {
        this.#session?.receivedAnything();
        this.#session?.drained();
      },
      gone: () => this.abandon(),
    });
    stream.begin({}, `retry: ${RETRY_MS + Math.floor(Math.random() * RETRY_SPREAD_MS)}\n\n`);
    this.#opening.resolve();
  }

  #refuse(error: RealtimeError): void {
    this.#state = 'ending';
    this.#end = { code: errorTable[error.code].closeCode ?? INTERNAL_ERROR, reason: error.code };
    this.#opening.reject(error);
  }

  #follow(sign: Sign): void {
    switch (sign.type) {
      case 'drain':
        this.#cancelDrain = this.#reading.clock.after(Math.random() * sign.withinMs, () => {
          this.close(errorTable.CLOSING.closeCode!, 'CLOSING');
        });
        return;
      case 'unsubscribed':
        this.close(RETRYABLE.has(sign.code) ? INTERNAL_ERROR : errorTable.DISCONNECTED.closeCode!, sign.code);
        return;
      case 'subscribed':
      case 'error':
      case 'ping':
    }
  }

  readonly #answerPing = (): void => this.#session?.receivedAnything();
}
