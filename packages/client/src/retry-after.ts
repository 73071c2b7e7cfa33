import type { RealtimeError } from '@rt/protocol';

/** The wait after `RATE_LIMITED` where the server names none. */
const RETRY_MS = 1_000;

/** How long to wait before the same request may be made again. */
export function retryAfterMs({ detail }: RealtimeError): number {
  // Only the server writes a detail, and it is trusted.
  return (detail as { readonly retryAfterMs?: number } | undefined)?.retryAfterMs ?? RETRY_MS;
}
