import { RealtimeError } from '@rt/protocol';
import type { ApplicationErrors } from '../application-errors.ts';
import { userChannel } from '../authorization/user-channel.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Invocations } from '../invocations/invocations.ts';
import type { Limits } from '../limits.ts';
import type { Connection } from './connection.ts';
import type { Authenticate, User } from './user.ts';

/** What decides who may connect. */
export interface Admission {
  readonly authenticate: Authenticate | undefined;
  /** Whether a client without a token is let in. */
  readonly anonymous: boolean;
}

/** What finding out needs of its node. */
export interface IdentityServices {
  readonly invocations: Invocations;
  readonly limits: Limits;
  readonly errors: ApplicationErrors;
  readonly logger: Logger;
}

/** So much later than due a connection may be ended that was not let in. */
const CONNECT_GRACE_MS = 2_000;
const TRY_AGAIN = 'the server could not check who you are; try again';
/** A user's channel name must be a channel name. */
const MAX_USER_CHANNEL = 164;

/** Finds out who a client is. */
export class Identity {
  readonly #admission: Admission;
  readonly #services: IdentityServices;

  constructor(admission: Admission, services: IdentityServices) {
    this.#admission = admission;
    this.#services = services;
  }

  /** Whether a later token can be asked about, so that the request has to be kept. */
  get canRenew(): boolean {
    return this.#admission.authenticate !== undefined;
  }

  /** Who `token` belongs to. Throws `UNAUTHENTICATED`, `HANDLER_FAILED` where `authenticate` itself failed, and `OVERLOADED`. */
  async of(connection: Connection, token: string | undefined, now: number): Promise<User | undefined> {
    const { authenticate, anonymous } = this.#admission;
    const { invocations, limits, errors, logger } = this.#services;
    const { openedBy: request } = connection;
    let user: User | undefined;
    if (authenticate !== undefined && request !== undefined) {
      const credentials = errors.credentialsOf(connection, request, token);
      try {
        // All that `connect` brings has a time of its own, after which the connection ends; this is for what goes on regardless.
        const timeoutMs =
          connection.state === 'open' ? limits.decisionTimeoutMs : limits.connectTimeoutMs + CONNECT_GRACE_MS;
        const asked = { kind: 'authenticate', name: 'authenticate', connection, timeoutMs, credentials } as const;
        user = await invocations.run(asked, ({ signal }) => authenticate({ token, request, signal }));
      } catch (cause) {
        if (cause instanceof RealtimeError && cause.code === 'OVERLOADED') throw cause;
        throw new RealtimeError('HANDLER_FAILED', TRY_AGAIN, { cause });
      }
      const problem = user === undefined ? undefined : userProblem(user);
      if (problem !== undefined) {
        logger.error(`authenticate answered something that is no user: ${problem}`);
        throw new RealtimeError('HANDLER_FAILED', TRY_AGAIN);
      }
      errors.hide(connection, credentials);
    }
    if (user?.expiresAt !== undefined && user.expiresAt.getTime() <= now) {
      throw new RealtimeError('UNAUTHENTICATED', 'the token has expired');
    }
    if (user === undefined && (token !== undefined || !anonymous)) {
      throw new RealtimeError(
        'UNAUTHENTICATED',
        token === undefined ? 'a token is required' : 'the token was not accepted',
      );
    }
    return user;
  }
}

/** How long `user` stays valid, for clients; `null` where it does not end. */
export function expiresInMs(user: User | undefined, now: number): number | null {
  return user?.expiresAt === undefined ? null : Math.max(0, user.expiresAt.getTime() - now);
}

/** Why `user`, which the application's code answered, is none. */
function userProblem(user: unknown): string | undefined {
  if (typeof user !== 'object' || user === null || !('id' in user) || typeof user.id !== 'string' || user.id === '') {
    return 'give { id: string }';
  }
  if (userChannel(user.id).length > MAX_USER_CHANNEL) return 'its id is too long';
  if (!('expiresAt' in user) || user.expiresAt === undefined) return undefined;
  const isDate = user.expiresAt instanceof Date && !Number.isNaN(user.expiresAt.getTime());
  return isDate ? undefined : 'its expiresAt is no Date';
}
