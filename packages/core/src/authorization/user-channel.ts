import { encodeNamePart } from '@rt/protocol';

/**
 * The channel of one user: `user.` and the id, every byte outside `A–Z a–z 0–9 _ - @` written `=XX`.
 * Different ids give different channels. Only that user's connections may have it.
 */
export function userChannel(userId: string): string {
  // Any text may be an id: a lone surrogate gets the bytes that UTF-8 would have given it (WTF-8).
  return `user.${encodeNamePart(userId).replace(/\p{Cs}/gu, encodeSurrogate)}`;
}

function encodeSurrogate(text: string): string {
  const unit = text.charCodeAt(0);
  const bytes = [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)];
  return bytes.map((byte) => `=${byte.toString(16).toUpperCase()}`).join('');
}
