import type { TransportName } from '../contracts/transport.ts';
import type { User } from './user.ts';

/** One client as the application sees it. */
export interface ClientConnection {
  /** `<node>.<random>`, public: it may be shown, and is no secret. */
  readonly id: string;
  readonly transport: TransportName;
  /** Who `authenticate` said it is; `undefined` is anonymous. */
  readonly user: User | undefined;
  /** The channels it is subscribed to just now. */
  readonly channels: readonly string[];
}
