/**
 * What travels between nodes for one message: the hash of the excluded instance, or nothing, then a space and the
 * frame that clients get. A hash has no space, so the first one ends it and the rest is never parsed.
 */
export interface Envelope {
  readonly except: string | undefined;
  readonly frame: string;
}

export function writeEnvelope(frame: string, except: string | undefined): string {
  return except === undefined ? ` ${frame}` : `${except} ${frame}`;
}

export function readEnvelope(text: string): Envelope {
  const space = text.indexOf(' ');
  return { except: space <= 0 ? undefined : text.slice(0, space), frame: text.slice(space + 1) };
}
