import { hash } from 'node:crypto';

/**
 * Who must not get a message: one client program, whatever connection it uses just now.
 * `instance` is the secret between it and the server, so it is scoped by the user and only ever travels as this hash.
 */
export function instanceHash(userId: string | undefined, instance: string): string {
  const digest = hash('sha256', JSON.stringify([userId ?? null, instance]), 'buffer');
  return digest.subarray(0, 16).toString('base64url');
}
