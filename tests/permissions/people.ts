import type { Authenticate } from '@rt/core';

/** Who tries; what each may do is in the tables. */
export const PEOPLE = ['anonymous', 'ann', 'bob', 'expired token', 'bad token'] as const;

export type Person = (typeof PEOPLE)[number];

/** What each sends as the token. */
export const TOKENS: Readonly<Record<Person, string | undefined>> = {
  anonymous: undefined,
  ann: 'token-of-ann',
  bob: 'token-of-bob',
  'expired token': 'token-of-ann-from-yesterday',
  'bad token': 'token-of-nobody',
};

/** Whether `person` gets in. */
export function isLetIn(person: Person): person is 'anonymous' | 'ann' | 'bob' {
  return person === 'anonymous' || person === 'ann' || person === 'bob';
}

/** Knows ann and bob. */
export const authenticate: Authenticate = async ({ token }) => {
  switch (token) {
    case TOKENS.ann:
      return { id: 'ann' };
    case TOKENS.bob:
      return { id: 'bob' };
    case TOKENS['expired token']:
      return { id: 'ann', expiresAt: new Date(Date.now() - 1_000) };
    default:
      return undefined;
  }
};
