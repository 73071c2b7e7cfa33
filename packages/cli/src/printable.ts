/** Controls (C0, DEL, C1), line separators, and the marks that turn the direction of text (Unicode UAX #9). */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * `text` with what could forge a line, colour the terminal or reorder it written `\uXXXX`.
 * JSON stays the same JSON: those characters occur only inside its strings.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
