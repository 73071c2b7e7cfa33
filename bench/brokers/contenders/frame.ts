import type { Part } from '../contender.ts';

/** What one publish carries, below 256 KiB. */
const MAX_FRAMES = 1_000;

/** Messages of one publish are told apart by this. */
export const BREAK = '\n';

/** One message, as a frame of the same kind as ours. */
export function frame(channel: string, data: string): string {
  return JSON.stringify(['m', channel, 'm', data]);
}

/** A tick's messages of all channels, as few publishes as may be. */
export function joined(work: readonly Part[]): readonly string[] {
  const frames = work.flatMap((part) => part.texts.map((text) => frame(part.channel, text)));
  const texts: string[] = [];
  for (let at = 0; at < frames.length; at += MAX_FRAMES) texts.push(frames.slice(at, at + MAX_FRAMES).join(BREAK));
  return texts;
}
