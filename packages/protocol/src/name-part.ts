/** What a `{name}` part of a pattern is, and what a final `*` is: one part, or several in a list. */
export type NamePart = string | number;

/**
 * `part` as one part of a channel's name: every byte of its UTF-8 outside `A–Z a–z 0–9 _ - @` written `=XX`, so that
 * different texts give different names. Lone surrogates have no UTF-8: they stay, and no name of a channel has one.
 */
export function encodeNamePart(part: NamePart): string;
export function encodeNamePart(part: NamePart | undefined): string | undefined;
export function encodeNamePart(part: NamePart | undefined): string | undefined {
  return part?.toString().replace(/[^\w@\p{Cs}-]/gu, (other) =>
    // One more digit in front, which goes again, keeps the zero of small ones.
    Array.from(
      new TextEncoder().encode(other),
      (byte) => `=${(byte + 0x100).toString(16).slice(1).toUpperCase()}`,
    ).join(''),
  );
}

/**
 * The channel that `pattern` means with `params`, each of them encoded, and what stands for a final `*` under `'*'`. Where one
 * is missing the pattern's own part stays, as which it is no name of a channel.
 */
export function channelNameOf(
  pattern: string,
  params: Readonly<Record<string, NamePart | readonly NamePart[] | undefined>> = {},
): string {
  return pattern.replace(/\{(\w+)\}|\*$/g, (missing, name?: string) =>
    // A list where one part belongs, from a query say, is one part all the same.
    (name ? [params[name] as NamePart | undefined] : [params[missing]].flat())
      .map((part) => encodeNamePart(part) ?? missing)
      .join('.'),
  );
}
