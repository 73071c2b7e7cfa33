import { RealtimeError, serverFrame, toRealtimeError } from '@rt/protocol';
import type { ClientFrameOf } from '@rt/protocol';
import type { Connection } from '../connection/connection.ts';
import { expiresInMs } from '../connection/identity.ts';
import type { ConnectServices } from './connect.ts';

/** `auth`: a new token for the same user, before the old one expires. */
export class AuthCommand {
  readonly #services: Pick<ConnectServices, 'identity' | 'clock'>;
  readonly #reauthorize: (connection: Connection) => Promise<void>;
  /** The newest token's number by connection: checks may end in any order, and an older token must not win. */
  readonly #accepted = new WeakMap<Connection, number>();
  #count = 0;

  constructor(
    services: Pick<ConnectServices, 'identity' | 'clock'>,
    reauthorize: (connection: Connection) => Promise<void>,
  ) {
    this.#services = services;
    this.#reauthorize = reauthorize;
  }

  async run(connection: Connection, [, token]: ClientFrameOf<'auth'>): Promise<void> {
    const { identity, clock } = this.#services;
    const number = ++this.#count;
    try {
      const user = await identity.of(connection, token, clock.wallNow());
      if (connection.state !== 'open') return;
      if (user?.id !== connection.user?.id) {
        throw new RealtimeError('UNAUTHENTICATED', 'the new token belongs to somebody else: connect anew');
      }
      if (number > (this.#accepted.get(connection) ?? 0)) {
        this.#accepted.set(connection, number);
        connection.user = user;
      }
      connection.send(serverFrame(['auth', expiresInMs(connection.user, clock.wallNow())]));
      await this.#reauthorize(connection);
    } catch (error) {
      const { code, message } = toRealtimeError(error, 'HANDLER_FAILED', 'the token could not be checked');
      if (code === 'UNAUTHENTICATED') connection.close(code, message);
      else connection.sendError(0, code, message);
    }
  }
}
