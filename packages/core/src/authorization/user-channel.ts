import { encodeNamePart } from '@rt/protocol';

/**
 * The channel of one user: `user.` and the id, every byte outside `A–Z a–z 0–9 _ - @` written `=XX`.
 * Different ids give different channels. Only that user's connections may have it.
 */
export function userChannel(userId: string): string {
  // UTF-8, and for a lone surrogate the same pattern of bits (WTF-8), because UTF-8 would make one of all of them.
  return `user.${userId.isWellFormed() ? encodeNamePart(userId) : userId.replace(/\p{Cs}|\P{Cs}+/gu, encodeAny)}`;
}

function encodeAny(text: string): string {
  if (text.isWellFormed()) return encodeNamePart(text);
  const unit = text.charCodeAt(0);
  const bytes = [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)];
  return bytes.map((byte) => `=${byte.toString(16).toUpperCase()}`).join('');
}
