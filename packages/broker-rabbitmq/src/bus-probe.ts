import { Echoes } from '@rt/core';
import type { Link } from './link.ts';
import { DEFAULT_EXCHANGE } from './node-queue.ts';

/** Messages of the bus that a node sends to itself. */
export class BusProbe {
  /** What they are published with. */
  readonly key: string;
  readonly #link: Link;
  readonly #echoes: Echoes;

  constructor(link: Link, node: string) {
    this.#link = link;
    this.#echoes = new Echoes(link.clock);
    this.key = link.names.probe(node);
  }

  /** Sends one. Resolves when it came back, behind all that was in the queue before. */
  ask(): Promise<void> {
    const exchange = this.#link.options.exchange ?? DEFAULT_EXCHANGE;
    return this.#echoes.ask((text) => this.#link.writer().publish({ exchange, key: this.key, text }));
  }

  /** One came in. */
  heard(text: string): void {
    this.#echoes.heard(text);
  }
}
