import { errorTable, RealtimeError } from '@rt/protocol';
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 192 bits: nobody guesses one. */
const SECRET_BYTES = 24;
/** The public id of a connection, and after it what is secret; without that it is somebody who knows the id alone. */
const FORM = /^([\w-]{1,64}\.[\w-]{1,64})(?:\.([\w-]{0,64}))?$/;

/** Which session a request is for, and the proof. The secret itself is kept nowhere and never told to another node. */
export interface SessionKey {
  readonly connection: string;
  /** SHA-256 of the secret, base64url. */
  readonly digest: string;
}

/** A new session's secret, as the client shows it: `<connection id>.<random>`. */
export function newSecret(connection: string): string {
  return `${connection}.${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/** Reads a secret that a client showed. Throws `UNKNOWN_SESSION` for what never was one. */
export function sessionKey(shown: string): SessionKey {
  const [, connection, secret = ''] = FORM.exec(shown) ?? [];
  if (connection === undefined) throw unknownSession();
  return { connection, digest: hash('sha256', secret, 'base64url') };
}

/** Whether `shown` proves what `known` asks for; takes the same time whatever the answer. */
export function isProof(shown: string, known: string): boolean {
  const [one, other] = [Buffer.from(shown), Buffer.from(known)];
  return one.length === other.length && timingSafeEqual(one, other);
}

export function unknownSession(): RealtimeError {
  return new RealtimeError('UNKNOWN_SESSION', errorTable.UNKNOWN_SESSION.message);
}
