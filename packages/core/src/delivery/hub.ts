import { serverFrame } from '@rt/protocol';
import type { Connection } from '../connection/connection.ts';
import { Audience } from './audience.ts';
import type { DroppedTexts } from './dropped-texts.ts';
import { readEnvelope } from './envelope.ts';
import { Feed } from './feed.ts';
import { LineRun, Run } from './run.ts';

/** One channel of this node: who gets what comes in, and its feed where it keeps history. */
interface LocalChannel {
  readonly audience: Audience;
  readonly feed: Feed | undefined;
  /** How each frame of this channel begins. */
  readonly start: string;
  /** Messages that came over the bus: tells whether one was missed. */
  busCount: number;
}

/** The connections of this node by channel: hands every message that the broker delivers to those that want it. */
export class Hub {
  readonly #channels = new Map<string, LocalChannel>();
  readonly #dropped: DroppedTexts;

  constructor(dropped: DroppedTexts) {
    this.#dropped = dropped;
  }

  /** The broker is about to deliver `name`. */
  open(name: string, hasHistory: boolean): Feed | undefined {
    const audience = new Audience();
    const channel = {
      audience,
      feed: hasHistory ? new Feed(name, audience) : undefined,
      start: startOf(name),
      busCount: 0,
    };
    this.#channels.set(name, channel);
    return channel.feed;
  }

  /** The broker no longer delivers `name`. */
  close(name: string): void {
    this.#channels.get(name)?.audience.end();
    this.#channels.delete(name);
  }

  /** The feed of an open channel with history. */
  feed(name: string): Feed | undefined {
    return this.#channels.get(name)?.feed;
  }

  /** Who has an open channel. */
  audience(name: string): Audience | undefined {
    return this.#channels.get(name)?.audience;
  }

  /** `connection` gets what comes in from now on. */
  join(name: string, connection: Connection): void {
    this.#channels.get(name)?.audience.join(connection);
  }

  leave(name: string, connection: Connection): void {
    this.#channels.get(name)?.audience.leave(connection);
  }

  busCount(name: string): number {
    return this.#channels.get(name)?.busCount ?? 0;
  }

  /** Texts of one channel from the broker's bus, each an envelope. */
  deliver(name: string, texts: readonly string[]): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    const run = new Run();
    for (const text of texts) {
      const { except, lines } = readEnvelope(text);
      const frames = lines.split('\n');
      const isWhole = frames.every((frame) => frame.startsWith(channel.start));
      if (isWhole && except === undefined && frames.length > 1)
        this.#deliverRun(channel, new LineRun(frames, lines), run);
      else for (const frame of frames) this.#deliverOne(channel, frame, except, run);
    }
    run.handTo(channel.audience.live);
  }

  /** The bus may have missed messages of these channels. Those with history say so themselves, where it is true of them. */
  reportGap(names: readonly string[]): void {
    for (const name of names) {
      const channel = this.#channels.get(name);
      if (channel === undefined || channel.feed !== undefined) continue;
      channel.busCount++;
      const frame = serverFrame(['gap', name, 'broker', null]);
      channel.audience.slow?.missGap(frame, undefined);
      for (const connection of channel.audience.live) connection.send(frame);
    }
  }

  #deliverRun(channel: LocalChannel, lines: LineRun, before: Run): void {
    const { audience } = channel;
    before.handTo(audience.live);
    for (const piece of lines.cut()) {
      channel.busCount += piece.frames.length;
      const { live, slow } = audience;
      if (slow !== undefined) for (const frame of piece.frames) slow.miss(frame, undefined, undefined);
      piece.handTo(live);
    }
  }

  #deliverOne(channel: LocalChannel, frame: string, except: string | undefined, run: Run): void {
    const { audience } = channel;
    const { live } = audience;
    if (!frame.startsWith(channel.start)) return this.#dropped.add();
    if (except !== undefined) run.handTo(live);
    // Counted when it is handed on: whoever falls behind at one message has missed all that follow.
    channel.busCount++;
    audience.slow?.miss(frame, except, undefined);
    if (except !== undefined) {
      for (const connection of live) if (connection.instanceHash !== except) connection.send(frame);
    } else if (run.add(frame)) run.handTo(live);
  }
}

function startOf(name: string): string {
  return `["m",${JSON.stringify(name)},`;
}
