import type { Socket } from '../socket.ts';

/** A socket that is open already, for a link that waits for that. */
export class OpenedSocket implements Socket {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  addEventListener(type: 'open' | 'message' | 'error' | 'close', listener: (event: never) => void): void {
    if (type === 'open') queueMicrotask(listener as () => void);
    // The one overload that is named stands for all of them.
    else this.#socket.addEventListener(type as 'message', listener as (event: { readonly data: unknown }) => void);
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(code?: number): void {
    this.#socket.close(code);
  }
}
