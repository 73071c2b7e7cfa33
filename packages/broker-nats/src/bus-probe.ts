import type { NatsConnection } from '@nats-io/transport-node';
import { Echoes } from '@rt/core';
import type { Link } from './link.ts';

/** Messages of the bus that a node sends to itself. */
export class BusProbe {
  readonly #link: Link;
  readonly #subject: string;
  readonly #echoes: Echoes;

  constructor(link: Link, node: string) {
    this.#link = link;
    this.#echoes = new Echoes(link.clock);
    this.#subject = link.names.probe(node);
  }

  /** Listens on a connection, also when that is made anew. */
  open(connection: NatsConnection): void {
    connection.subscribe(this.#subject, {
      callback: (error, message) => {
        if (error === null) this.#echoes.heard(message.string());
      },
    });
  }

  /** Sends one. Resolves when it came back. */
  ask(): Promise<void> {
    return this.#echoes.ask(async (nonce) => this.#link.connection().publish(this.#subject, nonce));
  }
}
