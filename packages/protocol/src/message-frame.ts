/** Stands where a cursor goes: JSON has no raw control characters, so there is just this one. */
export const CURSOR_GAP = '\t';

/** A message that has no place in a log. */
export interface MessageParts {
  readonly names: MessageNames;
  /** JSON. */
  readonly dataText: string;
  readonly id: string;
  /** What `messageTail` gives. */
  readonly tail: string;
}

/** How the frames of one channel and event begin, written once for many messages; both names are valid. */
export class MessageNames {
  /** Up to where the cursor goes. */
  readonly frame: string;
  /** Up to behind the gap for the cursor: of the first line of `MessageLines`, and of each that follows. */
  readonly line: string;
  readonly nextLine: string;

  constructor(channel: string, event: string) {
    this.frame = `["m","${channel}",${JSON.stringify(event)},`;
    this.line = `${this.frame}"${CURSOR_GAP}`;
    this.nextLine = `\n${this.line}`;
  }
}

/** How frames end: `at` in milliseconds since 1970, and the verified sender's user id. */
export function messageTail(at: number, user: string | undefined): string {
  return user === undefined ? `${at}]]` : `${at},${JSON.stringify(user)}]]`;
}

/** The text of `m`, the hot frame, written once for all receivers. */
export function messageFrame({ names, dataText, id, tail }: MessageParts): string {
  return `${names.frame}null,${dataText},["${id}",${tail}`;
}
