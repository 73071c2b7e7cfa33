import type { Dialect } from '../dialect.ts';

/** The bare server has no subscriptions: who is connected gets everything. */
export const wsDialect: Dialect = {
  path: '/',
  greet: (listener) => listener.opened(),
  read: (bytes, start, end, listener) => listener.delivered(bytes, start, end),
};
