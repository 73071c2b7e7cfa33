import { hash } from 'node:crypto';

/**
 * Who must not get a message: one client program, whatever connection it uses just now.
 * `instance` is the secret between it and the server, so it is scoped by the user and only ever travels as this hash.
 */
export function instanceHash(userId: string | undefined, instance: string): string {
  return hash('sha256', JSON.stringify([userId ?? null, instance]), 'base64url').slice(0, 22);
}
