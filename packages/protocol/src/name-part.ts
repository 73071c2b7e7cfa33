/** What a `{name}` part of a pattern is, and what a final `*` is: one part, or several in a list. */
export type NamePart = string | number;

/**
 * `text` as one part of a channel's name: every byte of its UTF-8 outside `A–Z a–z 0–9 _ - @` written `=XX`, so that
 * different texts give different names.
 */
export function encodeNamePart(text: string): string {
  return text.replace(/[^\w@-]/gu, (other) =>
    // One more digit in front, which goes again, keeps the zero of small ones.
    Array.from(
      new TextEncoder().encode(other),
      (byte) => `=${(byte + 0x100).toString(16).slice(1).toUpperCase()}`,
    ).join(''),
  );
}

/** The channel that `pattern` means with `params`, each of them encoded, and what stands for a final `*` under `'*'`. */
export function channelNameOf(
  pattern: string,
  params: Readonly<Record<string, NamePart | readonly NamePart[]>>,
): string {
  return pattern.replace(/\{(\w+)\}|\*$/g, (part, name?: string) =>
    // A list where one part belongs, from a query say, is one part all the same.
    (name ? [params[name]!] : [params[part]!].flat()).map((value) => encodeNamePart(value.toString())).join('.'),
  );
}
