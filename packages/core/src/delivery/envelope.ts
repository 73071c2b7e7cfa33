/**
 * What travels between nodes for messages that are not kept: the hash of the excluded instance, or nothing, then a space and the
 * frames that clients get, a line each. A hash has no space, so the first one ends it and the rest is never parsed.
 */
export interface Envelope {
  readonly except: string | undefined;
  readonly lines: string;
}

export function writeEnvelope(frame: string, except: string | undefined): string {
  return except === undefined ? ` ${frame}` : `${except} ${frame}`;
}

/** `envelope` with one more frame. */
export function addFrame(envelope: string, frame: string): string {
  return `${envelope}\n${frame}`;
}

export function readEnvelope(text: string): Envelope {
  const space = text.indexOf(' ');
  return { except: space <= 0 ? undefined : text.slice(0, space), lines: text.slice(space + 1) };
}
