import type { Sender } from '../contender.ts';

/** What one publish carries, below 256 KiB. */
const MAX_FRAMES = 1_000;

/** Messages of one publish are told apart by this. */
export const BREAK = '\n';

/** One message, as a frame of the same kind as ours. */
function frame(channel: string, data: string): string {
  return JSON.stringify(['m', channel, 'm', data]);
}

/** Frames by channel. */
export type Batch = ReadonlyMap<string, readonly string[]>;

/** What the bare skeletons share: frames are collected until this turn's code has run, and `send` gets all of them at once. */
export function collecting(send: (batch: Batch) => Promise<unknown>): Sender {
  let frames: Map<string, string[]> | undefined;
  let sent: Promise<unknown>;
  const flush = (): Promise<unknown> => {
    const batch = frames!;
    frames = undefined;
    return send(batch);
  };
  return {
    broadcast(channel, data) {
      if (frames === undefined) {
        frames = new Map();
        sent = Promise.resolve().then(flush);
      }
      const known = frames.get(channel);
      if (known === undefined) frames.set(channel, [frame(channel, data)]);
      else known.push(frame(channel, data));
      return sent;
    },
  };
}

/** The frames of all channels, in as few publishes as may be. */
export function joined(batch: Batch): readonly string[] {
  const frames = [...batch.values()].flat();
  const texts: string[] = [];
  for (let at = 0; at < frames.length; at += MAX_FRAMES) texts.push(frames.slice(at, at + MAX_FRAMES).join(BREAK));
  return texts;
}
