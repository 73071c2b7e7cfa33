const encoder = new TextEncoder();

/**
 * The channel of one user: `user.` and the id, every byte outside `A–Z a–z 0–9 _ - @` written `=XX`.
 * Different ids give different channels. Only that user's connections may have it.
 */
export function userChannel(userId: string): string {
  let name = 'user.';
  for (const character of userId) {
    if (/^[A-Za-z0-9_\-@]$/.test(character)) name += character;
    else for (const byte of bytesOf(character)) name += `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return name;
}

/** UTF-8, and for a lone surrogate the same pattern of bits (WTF-8), because UTF-8 would make one of all of them. */
function bytesOf(character: string): Iterable<number> {
  if (character.isWellFormed()) return encoder.encode(character);
  const unit = character.charCodeAt(0);
  return [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)];
}
