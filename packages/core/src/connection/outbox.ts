import { serverFrame } from '@rt/protocol';
import type { Link } from '../contracts/link.ts';
import type { Place } from '../delivery/place.ts';
import type { RunEncoder } from '../delivery/run-encoder.ts';
import type { Connection } from './connection.ts';
import type { ConnectionServices } from './connection-services.ts';
import type { Queue } from './queued-total.ts';

/** A reader that takes nothing for this long is gone. */
const STUCK_MS = 5_000;
const NOTHING: readonly string[] = [];

/**
 * What waits for one client: frames until the end of the tick, and where it stands in channels in which it could not be
 * given what came in. While its socket is full it is `behind`: it is out of all its channels.
 */
export class Outbox implements Queue {
  readonly #connection: Connection;
  readonly #link: Link;
  readonly #services: ConnectionServices;
  /** `ending`: at the end of this tick. */
  #state: 'open' | 'behind' | 'ending' | 'shut' = 'open';
  /** What is queued. Most often the very run that all other connections of a channel have, and then nobody may change it. */
  #frames = NOTHING;
  /** `#frames` joined by LF, where all of them came so. */
  #lines: string | undefined;
  /** `#frames`, where it is this outbox's own. */
  #own: string[] | undefined;
  /** Characters in `#frames`. */
  #length = 0;
  /** Characters of this tick that were written before its end. */
  #writtenLength = 0;
  /** The channel of the last frame where that is a `skip`. */
  #skipped: string | undefined;
  #places: Map<string, Place> | undefined;
  /** Since when nothing drained, while there are places; and what waited then. */
  #stuckSince = 0;
  #stuckBytes = 0;
  /** Whether the total of the process may know of something that waits here. */
  #isCounted = false;
  sentAt: number;

  constructor(connection: Connection, link: Link, services: ConnectionServices) {
    this.#connection = connection;
    this.#link = link;
    this.#services = services;
    this.sentAt = services.heartbeat.now;
  }

  /** Queues one ready frame. */
  send(frame: string): void {
    if (this.#state === 'shut') return;
    this.#skipped = undefined;
    this.#length += frame.length;
    if (this.#frames.length === 0) this.#services.outboxes.add(this);
    this.#mine().push(frame);
    this.#lines = undefined;
    if (this.#length > this.#services.pushLimit) this.#overflow();
  }

  /** Queues several frames, `length` characters together, and the same joined by LF where that is at hand. Nobody changes `frames` any more. */
  sendRun(frames: readonly string[], length: number, lines: string | undefined): void {
    if (this.#state === 'shut') return;
    this.#skipped = undefined;
    this.#length += length;
    if (this.#frames.length === 0) {
      this.#services.outboxes.add(this);
      this.#frames = frames;
      this.#lines = lines;
    } else {
      const mine = this.#mine();
      for (const frame of frames) mine.push(frame);
      this.#lines = this.#lines === undefined || lines === undefined ? undefined : `${this.#lines}\n${lines}`;
    }
    if (this.#length > this.#services.pushLimit) this.#overflow();
  }

  /** A message that is not for this client was at `cursor`. Of several in a row only the last is sent. */
  skip(channel: string, cursor: string): void {
    if (this.#skipped === channel) this.#length -= this.#mine().pop()!.length;
    this.send(serverFrame(['skip', channel, cursor]));
    // It may have been written already.
    if (this.#frames.length > 0) this.#skipped = channel;
  }

  /** Its socket is full, and nothing should be pushed to it. */
  get isBehind(): boolean {
    return this.#state === 'behind' || this.#state === 'ending';
  }

  /** Whether it should not be sent large answers. */
  get isFull(): boolean {
    return this.isBehind || this.#pushed > this.#services.pushLimit;
  }

  /** Whether it may be sent more of what it missed: half of what may be pushed is left to what comes in. */
  get hasRoom(): boolean {
    return !this.isBehind && this.#pushed <= this.#services.pushLimit / 2;
  }

  get queuedBytes(): number {
    return this.#link.bufferedBytes;
  }

  /** Where it stands in `channel`; `undefined` where it gets what comes in. */
  placeIn(channel: string): Place | undefined {
    return this.#places?.get(channel);
  }

  /** It has everything of `channel` up to `place`, and what follows when there is room again. */
  leaveAt(channel: string, place: Place): void {
    if (this.#state === 'shut') return;
    if (this.#places === undefined) this.#startWaiting();
    this.#places!.set(channel, place);
  }

  /** It no longer has `channel`. */
  forget(channel: string): void {
    this.#places?.delete(channel);
  }

  /** Its socket has taken everything. */
  drained(): void {
    this.#stuckSince = this.#services.heartbeat.now;
    this.#count(this.#state === 'shut' ? 0 : this.#link.bufferedBytes);
    this.#catchUp();
  }

  /** Called each second. Whether it has waited too long for its reader. */
  isStuck(): boolean {
    this.#catchUp();
    if (this.#places === undefined) return false;
    const { now } = this.#services.heartbeat;
    const { bufferedBytes } = this.#link;
    if (bufferedBytes < this.#stuckBytes) this.#stuckSince = now;
    this.#stuckBytes = bufferedBytes;
    return now - this.#stuckSince >= STUCK_MS;
  }

  /** A channel's rule wants its connection to end, because it is too slow for that. */
  cut(): void {
    if (this.#state === 'shut') return;
    this.#state = 'ending';
    this.#services.outboxes.add(this);
  }

  end(): void {
    this.#connection.close('SLOW_READER');
  }

  /** One write with all that is queued. */
  write(encoder: RunEncoder): void {
    if (this.#frames.length === 0) return;
    const bytes = encoder.encode(this.#link.encoding, this.#frames, this.#lines);
    this.#writtenLength += this.#length;
    this.#clear();
    this.#link.write(bytes);
    this.sentAt = this.#services.heartbeat.now;
  }

  /** The end of a tick: writes what is queued, and looks what the socket makes of it. */
  flush(encoder: RunEncoder): void {
    this.write(encoder);
    this.#writtenLength = 0;
    if (this.#state === 'shut') return;
    const { bufferedBytes } = this.#link;
    this.#count(bufferedBytes);
    if (this.#state === 'ending' || bufferedBytes > this.#services.limits.maxQueuedBytes) this.end();
    else if (bufferedBytes > this.#services.pushLimit) this.#fallBehind();
    else this.#catchUp();
  }

  /** Nothing is queued any more. What was written leaves. */
  shut(): void {
    this.#state = 'shut';
    this.#places = undefined;
    this.#clear();
    this.#count(0);
  }

  get #pushed(): number {
    return this.#length + this.#writtenLength + this.#link.bufferedBytes;
  }

  /** What is queued, to be added to. */
  #mine(): string[] {
    if (this.#own === undefined) this.#frames = this.#own = this.#frames.slice();
    return this.#own;
  }

  /** Tells the total of the process what waits here. Most often that is nothing, and was before. */
  #count(bytes: number): void {
    if (bytes === 0 && !this.#isCounted) return;
    this.#isCounted = bytes > 0;
    this.#services.queued.set(this, bytes);
  }

  #clear(): void {
    this.#frames = NOTHING;
    this.#lines = undefined;
    this.#own = undefined;
    this.#length = 0;
    this.#skipped = undefined;
  }

  /** Much came in one tick: whether it is too much for the reader, only the socket can tell. */
  #overflow(): void {
    if (this.#state !== 'open') return;
    this.#services.outboxes.writeNow(this);
    if (this.#link.bufferedBytes > this.#services.pushLimit) this.#fallBehind();
  }

  #fallBehind(): void {
    if (this.#state !== 'open') return;
    this.#state = 'behind';
    if (this.#places === undefined) this.#startWaiting();
    this.#services.fellBehind(this.#connection);
  }

  #startWaiting(): void {
    this.#places = new Map();
    this.#stuckSince = this.#services.heartbeat.now;
    this.#stuckBytes = this.#link.bufferedBytes;
  }

  /** Goes on with what it missed, if there is room. */
  #catchUp(): void {
    const places = this.#places;
    if (places === undefined || this.#state === 'ending' || this.#length > 0) return;
    if (this.#connection.state !== 'open' || this.#link.bufferedBytes > this.#services.pushLimit / 4) return;
    const wasBehind = this.#state === 'behind';
    this.#state = 'open';
    this.#places = undefined;
    this.#services.catchUp(this.#connection, places);
    if (wasBehind && !this.isBehind) this.#services.caughtUp(this.#connection);
  }
}
