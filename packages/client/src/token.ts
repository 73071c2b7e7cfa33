import { RealtimeError } from '@rt/protocol';

/** A token, or the function that fetches one. An empty token is none. */
export type TokenSource = string | (() => string | Promise<string>);

/** The token, `null` where there is none, or an `UNAUTHENTICATED` error where the function failed. */
export async function fetchToken(source: TokenSource | undefined): Promise<string | null | RealtimeError> {
  try {
    const token = typeof source === 'function' ? await source() : source;
    return token || null;
  } catch (cause) {
    return new RealtimeError('UNAUTHENTICATED', 'The token function failed.', { cause });
  }
}
