import type { User } from '@rt/core';

const ID = /^[0-9a-f]{32}$/;

/**
 * Who a tab is by its token, `id=…&name=…`. The page makes both up and is believed, because nobody signs in here.
 * A real application looks up a session, or checks a signed token, and answers the user that it finds there.
 */
export function visitorOf(token: string | undefined): User | undefined {
  const said = new URLSearchParams(token);
  const id = said.get('id') ?? '';
  return ID.test(id) ? { id, name: nameOf(said.get('name')) } : undefined;
}

/** What others see as somebody's name, whatever was given. */
export function nameOf(given: unknown): string {
  return (typeof given === 'string' && given.trim().slice(0, 30)) || 'Somebody';
}
