import type { Position } from '@rt/protocol';
import type { Log, LogPage, LogRead, LogSink, LogWork } from '../contracts/log.ts';
import type { MemoryLog } from './memory-log.ts';

/** One node's view of the log that the nodes of a process share. */
export class NodeLog implements Log {
  readonly #log: MemoryLog;
  readonly #sinks = new Map<string, LogSink>();

  constructor(log: MemoryLog) {
    this.#log = log;
  }

  async append(work: readonly LogWork[]): Promise<readonly (readonly Position[])[]> {
    return this.#log.append(work);
  }

  async follow(channel: string, sink: LogSink): Promise<Position> {
    await this.unfollow(channel);
    this.#sinks.set(channel, sink);
    return this.#log.follow(channel, sink);
  }

  async unfollow(channel: string): Promise<void> {
    const sink = this.#sinks.get(channel);
    if (sink === undefined) return;
    this.#sinks.delete(channel);
    this.#log.unfollow(channel, sink);
  }

  async read(channel: string, page: LogPage): Promise<LogRead> {
    return this.#log.read(channel, page);
  }

  /** Follows nothing any more. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#sinks.keys(), (channel) => this.unfollow(channel)));
  }
}
