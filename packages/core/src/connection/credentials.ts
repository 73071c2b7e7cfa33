import type { ConnectionRequest } from './connection-request.ts';

/** What a client proves itself with, which is never to be shown. */
export interface Credentials {
  /** Its cookies, its `authorization` header and its query. */
  readonly request: ConnectionRequest;
  readonly tokens: readonly string[];
}

/** Fewer characters in a row than these tell nobody a secret. */
const PIECE = 8;
const HIDDEN = '[hidden]';

/**
 * `text` without what it has in common with `credentials`, as they were sent or percent-decoded: every 8 characters in a row.
 * Pieces count too, because errors often quote the beginning of what they could not read.
 */
export function withoutCredentials(text: string, credentials: Credentials): string {
  const inText = new Set<string>();
  for (let at = 0; at + PIECE <= text.length; at++) inText.add(text.slice(at, at + PIECE));
  const secret = new Set<string>();
  for (const value of valuesOf(credentials)) {
    for (let at = 0; at + PIECE <= value.length; at++) {
      const piece = value.slice(at, at + PIECE);
      if (inText.has(piece)) secret.add(piece);
    }
  }
  if (secret.size === 0) return text;
  let shown = '';
  let hiddenTo = 0;
  for (let at = 0; at < text.length; at++) {
    if (secret.has(text.slice(at, at + PIECE))) {
      if (at >= hiddenTo) shown += HIDDEN;
      hiddenTo = at + PIECE;
    } else if (at >= hiddenTo) {
      shown += text[at];
    }
  }
  return shown;
}

function* valuesOf({ request: { headers, url }, tokens }: Credentials): Generator<string> {
  const pairs = [...(headers.cookie ?? '').split(';'), ...url.slice(url.indexOf('?') + 1).split('&')];
  const values = pairs.map((pair) => pair.slice(pair.indexOf('=') + 1).trim());
  const { authorization = '' } = headers;
  const withoutScheme = authorization.slice(authorization.indexOf(' ') + 1);
  for (const value of [...tokens, ...values, withoutScheme]) {
    yield value;
    if (value.includes('%')) yield decoded(value);
  }
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // It was never encoded.
    return value;
  }
}
