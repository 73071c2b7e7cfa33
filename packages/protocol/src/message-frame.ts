/** A message before it has its place. */
export interface MessageParts {
  /** JSON. */
  readonly dataText: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The verified sender's user id. */
  readonly user: string | undefined;
}

/** How the frames of one channel and event begin; both names are valid. */
export function messageHead(channel: string, event: string): string {
  return `["m","${channel}",${JSON.stringify(event)},`;
}

/**
 * The text of `m`, the hot frame, written once for all receivers, with a line feed where its cursor goes: a log gives a
 * message its place after it was written. JSON has no line feed within strings, so there is just this one.
 */
export function messageTemplate(head: string, { dataText, id, at, user }: MessageParts): string {
  const sender = user === undefined ? '' : `,${JSON.stringify(user)}`;
  return `${head}\n,${dataText},["${id}",${at}${sender}]]`;
}

/** The frame of a template: at `cursor`, or without a place (`null`) where the channel keeps no history. */
export function fillTemplate(template: string, cursor: string | null): string {
  const gap = template.indexOf('\n');
  const place = cursor === null ? 'null' : `"${cursor}"`;
  return template.slice(0, gap) + place + template.slice(gap + 1);
}
