/** The longest channel name, in bytes (names are ASCII, so also in characters). */
export const MAX_CHANNEL_BYTES = 164;

const NAME = /^[\w=@,.;:-]{1,164}$/;

/**
 * What a channel is, by its name alone:
 * `private-…` / `private.…`, `presence-…` / `presence.…`, `user.{id}`, and `public` for every other name.
 */
export type ChannelKind = 'public' | 'private' | 'presence' | 'user';

/** Whether `name` may name a channel: 1–164 of `A–Z a–z 0–9 _ - = @ , . ; :`, compared byte for byte, never normalised. */
export function isChannelName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name);
}

/** Why `name` can't name a channel, as a sentence for people, or `undefined` when it can. */
export function channelNameProblem(name: unknown): string | undefined {
  if (isChannelName(name)) return undefined;
  if (typeof name !== 'string') return 'a channel name must be a string';
  if (name.length === 0) return 'a channel name must not be empty';
  if (name.length > MAX_CHANNEL_BYTES) return `a channel name has at most ${MAX_CHANNEL_BYTES} bytes`;
  return 'a channel name is made of A–Z a–z 0–9 _ - = @ , . ; : only';
}

/** The kind of the channel that `name` (already a valid name) stands for. */
export function channelKind(name: string): ChannelKind {
  if (name.startsWith('private-') || name.startsWith('private.')) return 'private';
  if (name.startsWith('presence-') || name.startsWith('presence.')) return 'presence';
  if (name.startsWith('user.')) return 'user';
  return 'public';
}
