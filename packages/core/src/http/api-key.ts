import { RealtimeError } from '@rt/protocol';
import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The key of the HTTP API, kept as a hash and compared in constant time. */
export class ApiKey {
  readonly #digest: Buffer;

  constructor(key: string) {
    this.#digest = hash('sha256', key, 'buffer');
  }

  /** Throws `UNAUTHENTICATED` for a request without the key. */
  check(req: IncomingMessage): void {
    if (!this.#isOn(req)) throw new RealtimeError('UNAUTHENTICATED', 'send the API key as Authorization: Bearer <key>');
  }

  /** Whether the request carries the key as `Authorization: Bearer <key>` (RFC 6750 §2.1). */
  #isOn(req: IncomingMessage): boolean {
    const [scheme, given] = (req.headers.authorization ?? '').split(' ', 2);
    if (scheme?.toLowerCase() !== 'bearer' || given === undefined) return false;
    return timingSafeEqual(hash('sha256', given, 'buffer'), this.#digest);
  }
}
