/**
 * The channel of one user: `user.` and the id, every byte outside `A–Z a–z 0–9 _ - @` written `=XX`.
 * Different ids give different channels. Only that user's connections may have it.
 */
export function userChannel(userId: string): string {
  let name = 'user.';
  for (const byte of new TextEncoder().encode(userId)) {
    const character = String.fromCharCode(byte);
    name += /[A-Za-z0-9_\-@]/.test(character) ? character : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return name;
}
