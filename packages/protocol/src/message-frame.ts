/** A message before it has its place. */
export interface MessageParts {
  /** What `messageHead` gives. */
  readonly head: string;
  /** JSON. */
  readonly dataText: string;
  readonly id: string;
  /** What `messageTail` gives. */
  readonly tail: string;
}

/** How the frames of one channel and event begin, up to a line feed for the cursor; both names are valid. */
export function messageHead(channel: string, event: string): string {
  return `["m","${channel}",${JSON.stringify(event)},\n,`;
}

/** How frames end: `at` in milliseconds since 1970, and the verified sender's user id. */
export function messageTail(at: number, user: string | undefined): string {
  return user === undefined ? `",${at}]]` : `",${at},${JSON.stringify(user)}]]`;
}

/**
 * The text of `m`, the hot frame, written once for all receivers, with a line feed where its cursor goes: a log gives a
 * message its place after it was written. JSON has no line feed within strings, so there is just this one. In few pieces,
 * of which those that many messages have in common are written once.
 */
export function messageTemplate({ head, dataText, id, tail }: MessageParts): string {
  return `${head}${dataText},["${id}${tail}`;
}

/** The frame of a template: at `cursor`, or without a place (`null`) where the channel keeps no history. */
export function fillTemplate(template: string, cursor: string | null): string {
  const gap = template.indexOf('\n');
  const place = cursor === null ? 'null' : `"${cursor}"`;
  return template.slice(0, gap) + place + template.slice(gap + 1);
}
