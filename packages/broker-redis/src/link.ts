import type { Clock } from '@rt/core';
import type { Connections } from './connections.ts';
import type { Names } from './names.ts';

/** What all parts of a broker have in common. */
export interface Link {
  readonly connections: Connections;
  readonly names: Names;
  readonly clock: Clock;
  /** Throws `BROKER_DOWN` where nothing can be sent now. */
  checkReady(): void;
  /** Tells the operator, not more than once a minute for each kind of trouble. */
  warn(message: string, details: Readonly<Record<string, string | number>>): void;
}
