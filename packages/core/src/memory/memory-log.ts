import type { Position } from '@rt/protocol';
import { randomBytes } from 'node:crypto';
import type { Clock } from '../contracts/clock.ts';
import type { Entry, LogPage, LogRead, LogSink, LogWork } from '../contracts/log.ts';
import { Ring } from './ring.ts';
import { Rings } from './rings.ts';

/** All rings of a process together, unless told otherwise. */
export const DEFAULT_MAX_LOG_BYTES = 64 * 1024 * 1024;

/**
 * A ring for each channel, in this process. Over the byte limit the channels used least recently give way:
 * their cursors then answer `trimmed`. A restart begins new epochs.
 */
export class MemoryLog {
  readonly #clock: Clock;
  readonly #process = randomBytes(4).toString('base64url');
  readonly #rings: Rings;
  readonly #followers = new Map<string, Set<LogSink>>();
  #epochs = 0;

  constructor(clock: Clock, maxBytes: number) {
    this.#clock = clock;
    this.#rings = new Rings(maxBytes);
  }

  append(work: readonly LogWork[]): Position[][] {
    const now = this.#clock.now();
    return work.map(({ channel, entries, retention }) => {
      const ring = this.#use(channel);
      const stored: Entry[] = [];
      const before = ring.bytes;
      const positions = entries.map((entry) => {
        const appended = ring.append(entry, retention, now);
        if (appended.entry !== undefined) stored.push(appended.entry);
        return appended.position;
      });
      this.#rings.changed(ring.bytes - before);
      if (stored.length > 0) for (const sink of this.#followers.get(channel) ?? []) sink.entries(stored);
      return positions;
    });
  }

  follow(channel: string, sink: LogSink): Position {
    const followers = this.#followers.get(channel);
    if (followers === undefined) this.#followers.set(channel, new Set([sink]));
    else followers.add(sink);
    return this.#use(channel).head;
  }

  unfollow(channel: string, sink: LogSink): void {
    const followers = this.#followers.get(channel);
    if (followers === undefined || !followers.delete(sink)) return;
    if (followers.size === 0) this.#followers.delete(channel);
  }

  read(channel: string, page: LogPage): LogRead {
    const ring = this.#use(channel);
    const before = ring.bytes;
    const read = ring.read(page, this.#clock.now());
    this.#rings.changed(ring.bytes - before);
    return read;
  }

  /** Lets go of what has expired, and of rings in which nothing is left and which nobody follows. */
  sweep(): void {
    const now = this.#clock.now();
    this.#rings.forEach((channel, ring) => {
      ring.trim(now);
      ring.forgetIds(now);
      if (ring.isEmpty && !this.#followers.has(channel)) this.#rings.delete(channel);
    });
  }

  #use(channel: string): Ring {
    return this.#rings.use(channel, () => new Ring(`${this.#process}${(this.#epochs++).toString(36)}`));
  }
}
