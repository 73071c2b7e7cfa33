import { RealtimeError } from '@rt/core';
import type { IncomingMessage } from 'node:http';
import { randomBytes } from 'node:crypto';

/** What a plain reader asks for. */
export interface ReaderRequest {
  readonly channel: string;
  /** The `connect` frame that says the same. */
  readonly connect: string;
}

/** What browsers say of a request that a page of another origin made (Fetch Metadata §2.3). */
const FOREIGN: ReadonlySet<unknown> = new Set(['cross-site', 'same-site']);

/**
 * Reads `GET …/sse?channel=news&last=10`. Throws `BAD_FRAME`, and `FORBIDDEN` for what another site made a browser ask for without
 * saying its origin, as an image does. Whether channel, cursor and token are any, core finds out.
 */
export function readerRequest({ url = '', headers }: IncomingMessage): ReaderRequest {
  if (headers.origin === undefined && FOREIGN.has(headers['sec-fetch-site'])) {
    throw new RealtimeError('FORBIDDEN', 'a page of another origin has to ask with CORS');
  }
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1));
  const [channel, another] = query.getAll('channel');
  if (channel === undefined || another !== undefined) {
    throw new RealtimeError('BAD_FRAME', 'name exactly one channel: ?channel=news');
  }
  const last = query.get('last');
  if (last !== null && !/^[1-9]\d{0,8}$/.test(last)) {
    throw new RealtimeError(
      'BAD_FRAME',
      'last is how many of the newest messages to begin with, a whole number from 1',
    );
  }
  if ((headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined) {
    throw new RealtimeError('BAD_FRAME', 'this request has no body');
  }
  const cursor = headers['last-event-id'] ?? null;
  const place = last === null ? [channel, cursor] : [channel, cursor, Number(last)];
  const instance = randomBytes(16).toString('base64url');
  return { channel, connect: JSON.stringify(['connect', 1, instance, tokenOf(headers.authorization), [place]]) };
}

/** The token of `Authorization: Bearer …` (RFC 6750 §2.1). */
function tokenOf(authorization: string | undefined): string | null {
  const [, token = null] = /^bearer +([^ ]+)$/i.exec(authorization ?? '') ?? [];
  return token;
}
