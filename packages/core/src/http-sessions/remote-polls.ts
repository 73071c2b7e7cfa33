/** Polls of this node's sessions that wait on other nodes, so that these can call them off. */
export class RemotePolls {
  readonly #waiting = new Map<string, AbortController>();

  /** Runs `poll` with a signal that `stop(id)` aborts. */
  async run<Answer>(id: string, poll: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    const gone = new AbortController();
    this.#waiting.set(id, gone);
    try {
      return await poll(gone.signal);
    } finally {
      this.#waiting.delete(id);
    }
  }

  /** Its client has gone. */
  stop(id: string): void {
    this.#waiting.get(id)?.abort();
  }
}
