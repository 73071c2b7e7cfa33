import { hash } from 'node:crypto';

/**
 * What a publish id is remembered by, within one channel: nobody can use up the ids of somebody else.
 * `scope` is the sender's instance hash, or `undefined` for the application itself.
 */
export function publishKey(scope: string | undefined, id: string): string {
  return hash('sha256', JSON.stringify([scope ?? null, id]), 'base64url').slice(0, 22);
}
