import { errorTable, RealtimeError } from '@rt/protocol';
import type { Encoding } from '../contracts/encoding.ts';
import type { Link } from '../contracts/link.ts';
import type { Session } from '../contracts/transport.ts';

/** RFC 6455 §7.1.5: how a connection ended that nobody closed. */
export const ABNORMAL = 1006;

/** What the client's end of a wire hears: `opened`, any number of `received`, `closed`; or `closed` alone. */
export interface ClientEnd {
  opened(): void;
  received(text: string): void;
  closed(code: number, reason: string): void;
}

/** The server's end of a wire. */
export interface ServerEnd {
  readonly maxFrameBytes: number;
  /** What it throws is why the client is refused. */
  open(): Session;
  /** The wire is gone. */
  gone(): void;
}

const memoryEncoding: Encoding = { name: 'memory', encode: (_, lines) => Buffer.from(lines) };

/**
 * One connection within the process. Nothing is handed over in the step that sends it, so nobody is called back by their own
 * call; everything is handed over in order, and before this turn of the event loop ends.
 */
export class MemoryWire implements Link {
  readonly encoding = memoryEncoding;
  /** The other end takes everything. */
  readonly bufferedBytes = 0;
  readonly #client: ClientEnd;
  readonly #server: ServerEnd;
  #session: Session | undefined;
  #state: 'open' | 'closing' = 'open';

  constructor(client: ClientEnd, server: ServerEnd) {
    this.#client = client;
    this.#server = server;
    queueMicrotask(() => this.#open());
  }

  write(bytes: Uint8Array): void {
    if (this.#state !== 'open') return;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
    queueMicrotask(() => this.#client.received(text));
  }

  /** By either side. */
  close(code: number, reason: string): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    queueMicrotask(() => this.#end(code, reason));
  }

  /** From the client. */
  send(text: string): void {
    if (this.#state !== 'open') return;
    if (Buffer.byteLength(text) > this.#server.maxFrameBytes) this.close(errorTable.TOO_LARGE.closeCode!, 'TOO_LARGE');
    else queueMicrotask(() => this.#session?.receive(text));
  }

  #open(): void {
    // The client may have closed it in the step that made it.
    if (this.#state !== 'open') return;
    try {
      this.#session = this.#server.open();
    } catch (error) {
      if (!(error instanceof RealtimeError)) throw error;
      // As an upgrade that is refused; but a client of this process may be told why.
      this.#state = 'closing';
      this.#end(ABNORMAL, error.code);
      return;
    }
    this.#client.opened();
  }

  #end(code: number, reason: string): void {
    this.#session?.closed(code, reason);
    this.#session = undefined;
    this.#server.gone();
    this.#client.closed(code, reason);
  }
}
