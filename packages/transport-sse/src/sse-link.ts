import type { Session, SessionLink } from '@rt/core';
import type { EventStream } from './event-stream.ts';
import { closeEvent, sseEncoding } from './sse-encoding.ts';

/** RFC 6455 §7.4.1: the client has done what it came for. */
const NORMAL_CLOSURE = 1000;
/** RFC 6455 §7.1.5: how a connection ended that nobody closed. */
const ABNORMAL = 1006;

/** The stream of one session. What the client sends comes by `/send`, which is core's. */
export class SseLink implements SessionLink {
  readonly encoding = sseEncoding;
  readonly #stream: EventStream;
  #session: Session | undefined;
  #end = { code: ABNORMAL, reason: '' };

  constructor(stream: EventStream) {
    this.#stream = stream;
  }

  /** Begins the stream of `session`; `gone` is called when its socket is. */
  serve(session: Session, secret: string, gone: (link: SseLink) => void): void {
    this.#session = session;
    this.#stream.listen({
      drained: () => session.drained(),
      gone: () => {
        this.#closed();
        gone(this);
      },
    });
    this.#stream.begin({ 'rt-session': secret }, ':\n\n');
  }

  write(bytes: Uint8Array): void {
    this.#stream.write(bytes);
  }

  get bufferedBytes(): number {
    return this.#stream.bufferedBytes;
  }

  close(code: number, reason: string): void {
    if (this.#end.code !== ABNORMAL) return;
    this.#end = { code, reason };
    this.#stream.end(closeEvent(code));
  }

  leave(): void {
    this.close(NORMAL_CLOSURE, '');
    this.#closed();
  }

  #closed(): void {
    const { code, reason } = this.#end;
    this.#session?.closed(code, reason);
    this.#session = undefined;
  }
}
