import type { NatsConnection } from '@nats-io/transport-node';
import type { Link } from './link.ts';

/** Messages of the bus that a node sends to itself. */
export class BusProbe {
  readonly #link: Link;
  readonly #subject: string;
  #nonce = 0;
  #heard: (() => void) | undefined;

  constructor(link: Link, node: string) {
    this.#link = link;
    this.#subject = link.names.probe(node);
  }

  /** Listens on a connection, also when that is made anew. */
  open(connection: NatsConnection): void {
    connection.subscribe(this.#subject, {
      callback: (error, message) => {
        if (error === null && message.string() === String(this.#nonce)) this.#heard?.();
      },
    });
  }

  /** Sends one. Resolves when it came back; one that is late is no answer to the next. */
  async ask(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#heard = resolve;
    this.#link.connection().publish(this.#subject, String(++this.#nonce));
    await promise;
  }
}
