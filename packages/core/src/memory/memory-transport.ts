import { RealtimeError } from '@rt/protocol';
import type { Transport, TransportHost } from '../contracts/transport.ts';
import { MemorySocket } from './memory-socket.ts';
import { MemoryWire } from './memory-wire.ts';
import type { ClientEnd } from './memory-wire.ts';

/** RFC 6455 §7.4.1: the endpoint is going away. */
const GOING_AWAY = 1001;

/** Opens a connection within the process. Throws `BAD_OPTION` where its transport belongs to no `Realtime`. */
export type MemorySocketConstructor = new (url: string | URL) => MemorySocket;

/** The memory transport. */
export interface MemoryTransport extends Transport {
  /**
   * For clients of this process: `new RealtimeClient('memory:', { webSocket: transport.webSocket })`.
   * What follows `memory:` is the `url` that `authenticate` sees.
   */
  readonly webSocket: MemorySocketConstructor;
}

/** Connects clients of this process without a port: for tests and background jobs. Give it to one `Realtime`. */
export function memoryTransport(): MemoryTransport {
  return new ProcessTransport();
}

class ProcessTransport implements MemoryTransport {
  readonly name = 'memory';
  readonly webSocket: MemorySocketConstructor;
  readonly #wires = new Set<MemoryWire>();
  #host: TransportHost | undefined;
  #onEmpty: (() => void) | undefined;

  constructor() {
    const dial = (url: URL, client: ClientEnd): MemoryWire => this.#dial(url, client);
    this.webSocket = class extends MemorySocket {
      constructor(url: string | URL) {
        super((client) => dial(new URL(url), client));
      }
    };
  }

  attach(host: TransportHost): void {
    this.#host = host;
  }

  async close(): Promise<void> {
    if (this.#wires.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      for (const wire of this.#wires) wire.close(GOING_AWAY, 'CLOSING');
    });
  }

  #dial({ pathname, search }: URL, client: ClientEnd): MemoryWire {
    const host = this.#host;
    if (host === undefined) throw new RealtimeError('BAD_OPTION', 'give this memory transport to a Realtime first');
    const wire: MemoryWire = new MemoryWire(client, {
      maxFrameBytes: host.limits.maxFrameBytes,
      open: () => host.open(wire, { headers: {}, url: `${pathname || '/'}${search}`, address: '' }),
      gone: () => {
        this.#wires.delete(wire);
        if (this.#wires.size === 0) this.#onEmpty?.();
      },
    });
    this.#wires.add(wire);
    return wire;
  }
}
