/** Ids of messages: `nodeId` is unique to this process, so a count behind it is a unique id. */
export class MessageIds {
  readonly #prefix: string;
  #count = 0;

  constructor(nodeId: string) {
    this.#prefix = `${nodeId}.`;
  }

  next(): string {
    return this.#prefix + (this.#count++).toString(36);
  }
}
