/** A message before it has its place: names are valid, `dataText` is JSON. */
export interface MessageParts {
  readonly channel: string;
  readonly event: string;
  readonly dataText: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The verified sender's user id. */
  readonly user: string | undefined;
}

/**
 * The text of `m`, the hot frame, written once for all receivers, with a line feed where its cursor goes: a log gives a
 * message its place after it was written. JSON has no line feed within strings, so there is just this one.
 */
export function messageTemplate({ channel, event, dataText, id, at, user }: MessageParts): string {
  const sender = user === undefined ? '' : `,${JSON.stringify(user)}`;
  return `["m","${channel}",${JSON.stringify(event)},\n,${dataText},["${id}",${at}${sender}]]`;
}

/** The frame of a template: at `cursor`, or without a place (`null`) where the channel keeps no history. */
export function fillTemplate(template: string, cursor: string | null): string {
  const gap = template.indexOf('\n');
  const place = cursor === null ? 'null' : `"${cursor}"`;
  return template.slice(0, gap) + place + template.slice(gap + 1);
}
