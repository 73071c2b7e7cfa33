import { RealtimeError } from '@rt/protocol';

/** A token, or the function that fetches one. An empty token is none. */
export type TokenSource = string | (() => string | Promise<string>);

/** The token, or `null` where there is none. Rejects with `UNAUTHENTICATED` where the function failed. */
export async function fetchToken(source: TokenSource | undefined): Promise<string | null> {
  try {
    return (typeof source === 'function' ? await source() : source) || null;
  } catch (cause) {
    throw new RealtimeError('UNAUTHENTICATED', 'token() failed.', { cause });
  }
}
