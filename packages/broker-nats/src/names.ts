/**
 * The names of what is in NATS. A subject is split at dots, and `*` and `>` mean many, so channels stand in it as base64url: at most 219
 * characters, each of which means itself.
 */
export class Names {
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** Where texts of a channel's bus are published. */
  bus(channel: string): string {
    return `${this.#namespace}.bus.${Buffer.from(channel).toString('base64url')}`;
  }

  /** Where a node publishes probes to itself. */
  probe(node: string): string {
    return `${this.#namespace}.probe.${node}`;
  }

  /** Where a node says that it is there. Every other one answers. */
  get hello(): string {
    return `${this.#namespace}.hello`;
  }

  /** Where a node asks one node of each server whether it is known there what it is subscribed to. */
  get spread(): string {
    return `${this.#namespace}.spread`;
  }

  /** Where the answers of these two go. */
  answer(node: string): string {
    return `${this.#namespace}.answer.${node}`;
  }

  /** Whether answers may go there: a node is no relay. */
  isAnswer(subject: string): boolean {
    return subject.startsWith(`${this.#namespace}.answer.`);
  }

  /** The stream of a partition of the log. */
  stream(partition: number): string {
    return `${this.#namespace}_log_${partition}`;
  }

  /** Where records for a partition are published. */
  log(partition: number): string {
    return `${this.#namespace}.log.${partition}`;
  }
}
