import type { Encoding, Link, Session, Transport, TransportHost } from '@rt/core';

const textEncoding: Encoding = { name: 'text', encode: (_, lines) => Buffer.from(lines) };

/** A network in one process: what was sent is on its way until the simulation delivers it, or cuts the wire. */
export class SimNetwork implements Transport {
  readonly name = 'memory';
  readonly #wires = new Set<SimWire>();
  #host: TransportHost | undefined;

  attach(host: TransportHost): void {
    this.#host = host;
  }

  async close(): Promise<void> {
    // Core has closed every connection before.
  }

  connect(receiver: WireReceiver): SimWire {
    if (this.#host === undefined) throw new Error('give this network to a Realtime first');
    const wire = new SimWire(this.#host, receiver, () => this.#wires.delete(wire));
    this.#wires.add(wire);
    return wire;
  }

  /** The server's machine is gone. */
  cut(): void {
    for (const wire of this.#wires) wire.cut();
  }
}

/** Less than any simulation's server bears. */
const MUCH_BYTES = 4_000;

/** The client's end of a wire. */
export interface WireReceiver {
  received(text: string): void;
  /** More is on its way than a server may put up with before it goes on without this client, or no longer anything. */
  stalled(isStalled: boolean): void;
  closed(code: number): void;
}

/** One wire, with what is on its way in both directions. */
export class SimWire implements Link {
  readonly encoding = textEncoding;
  readonly #receiver: WireReceiver;
  readonly #session: Session;
  #toClient: string[] = [];
  #toServer: string[] = [];
  #buffered = 0;
  #closing: number | undefined;
  readonly #ended: () => void;
  #isOpen = true;
  #isStalled = false;

  constructor(host: TransportHost, receiver: WireReceiver, ended: () => void) {
    this.#ended = ended;
    this.#receiver = receiver;
    this.#session = host.open(this, { headers: {}, url: '/', address: '127.0.0.1' });
  }

  get bufferedBytes(): number {
    return this.#buffered;
  }

  /** From the server. */
  write(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    this.#toClient.push(Buffer.from(bytes).toString());
    this.#buffered += bytes.length;
    if (this.#buffered < MUCH_BYTES || this.#isStalled) return;
    this.#isStalled = true;
    this.#receiver.stalled(true);
  }

  /** From the server: the client sees it when everything before has arrived. */
  close(code: number): void {
    this.#closing ??= code;
  }

  /** From the client. */
  send(...frames: readonly (readonly unknown[])[]): void {
    this.#toServer.push(frames.map((frame) => JSON.stringify(frame)).join('\n'));
  }

  /** Delivers everything to the server, and up to `writes` of the server's writes to the client. */
  deliver(writes: number): void {
    for (const text of this.#toServer.splice(0)) if (this.#isOpen) this.#session.receive(text);
    for (const text of this.#toClient.splice(0, writes)) {
      if (!this.#isOpen) return;
      this.#buffered -= Buffer.byteLength(text);
      this.#receiver.received(text);
    }
    if (!this.#isOpen || this.#toClient.length > 0) return;
    if (this.#isStalled) this.#receiver.stalled(false);
    this.#isStalled = false;
    if (this.#closing === undefined) this.#session.drained();
    else this.#end(this.#closing);
  }

  /** The wire breaks: what was on its way is lost. */
  cut(): void {
    if (this.#isOpen) this.#end(1006);
  }

  #end(code: number): void {
    this.#isOpen = false;
    this.#ended();
    this.#toClient = [];
    this.#toServer = [];
    this.#session.closed(code, '');
    this.#receiver.closed(code);
  }
}
