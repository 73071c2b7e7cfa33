import { ABNORMAL } from './memory-wire.ts';
import type { ClientEnd, MemoryWire } from './memory-wire.ts';

/** The events of a `MemorySocket`: those of a WebSocket. */
export interface MemorySocketEvents {
  readonly open: object;
  /** It could not be opened, or broke; `close` follows. */
  readonly error: object;
  readonly message: { readonly data: string };
  /** With the code that either side gave; 1006 where none did. */
  readonly close: { readonly code: number; readonly reason: string };
}

type Listeners = { readonly [Type in keyof MemorySocketEvents]: ((event: MemorySocketEvents[Type]) => void)[] };

/** A client's end of a connection within the process, used like a WebSocket. */
export class MemorySocket {
  readonly #listeners: Listeners = { open: [], error: [], message: [], close: [] };
  readonly #wire: MemoryWire;

  constructor(dial: (client: ClientEnd) => MemoryWire) {
    this.#wire = dial({
      opened: () => this.#tell('open', {}),
      received: (data) => this.#tell('message', { data }),
      closed: (code, reason) => {
        if (code === ABNORMAL) this.#tell('error', {});
        this.#tell('close', { code, reason });
      },
    });
  }

  addEventListener<Type extends keyof MemorySocketEvents>(
    type: Type,
    listener: (event: MemorySocketEvents[Type]) => void,
  ): void {
    this.#listeners[type].push(listener);
  }

  /** Sends 1..n frames joined by LF. */
  send(text: string): void {
    this.#wire.send(text);
  }

  /** Ends the connection after what was sent. Default code 1000: it is done, and does not come back. */
  close(code = 1000, reason = ''): void {
    this.#wire.close(code, reason);
  }

  /** Is gone without a word, as when a network breaks. */
  terminate(): void {
    this.#wire.close(ABNORMAL, '');
  }

  #tell<Type extends keyof MemorySocketEvents>(type: Type, event: MemorySocketEvents[Type]): void {
    for (const listener of this.#listeners[type]) listener(event);
  }
}
