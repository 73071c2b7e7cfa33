import { channelKind, RealtimeError } from '@rt/protocol';
import { PatternMap } from '../channel/pattern-map.ts';
import type { ApplicationErrors } from '../application-errors.ts';
import type { Connection } from '../connection/connection.ts';
import type { MemberInfo } from '../presence/member.ts';
import type { AuthorizationRequest, Authorizer, ChannelAction } from './authorizer.ts';
import type { Decisions } from './decisions.ts';
import { userChannel } from './user-channel.ts';

/**
 * Who may do what with which channel. Private and presence channels need an authorizer that says yes; a user channel
 * belongs to its user; a public channel is open. Wherever an authorizer matches, its no wins.
 */
export class Authorizers {
  readonly #authorizers = new PatternMap<Authorizer>();
  readonly #decisions: Decisions;
  readonly #errors: ApplicationErrors;

  constructor(decisions: Decisions, errors: ApplicationErrors) {
    this.#decisions = decisions;
    this.#errors = errors;
  }

  /** Throws `BAD_OPTION` for a bad pattern or one that has an authorizer. */
  add(pattern: string, authorizer: Authorizer): void {
    this.#authorizers.add(pattern, authorizer);
  }

  /**
   * Resolves where `connection` may, with what the authorizer tells of a member, and rejects with `FORBIDDEN`.
   * Where nobody has to be asked: `undefined` is yes, and no is thrown.
   */
  check(
    connection: Connection,
    channel: string,
    action: ChannelAction,
    info?: MemberInfo,
  ): Promise<object | undefined> | undefined {
    const { user } = connection;
    const kind = channelKind(channel);
    if (kind === 'user' && (user === undefined || userChannel(user.id) !== channel)) throw forbidden();
    const match = this.#authorizers.find(channel);
    if (match !== undefined) {
      const { value, params } = match;
      return this.#ask(value, connection, {
        user,
        params: Object.fromEntries(params),
        channel,
        connection,
        action,
        ...(info === undefined ? {} : { info }),
      });
    }
    if (kind === 'private' || kind === 'presence') throw forbidden();
    return undefined;
  }

  async #ask(
    authorizer: Authorizer,
    connection: Connection,
    request: Omit<AuthorizationRequest, 'signal'>,
  ): Promise<object | undefined> {
    let answer: boolean | object | undefined;
    try {
      answer = await this.#decisions.of(connection.signal, (signal) => authorizer({ ...request, signal }));
    } catch (error) {
      const { channel, action } = request;
      this.#errors.log('an authorizer', error, { connection: connection.id, channel, action }, connection);
    }
    if (answer === true) return undefined;
    const isMember = typeof answer === 'object' && answer !== null && channelKind(request.channel) === 'presence';
    if (isMember) return answer as object;
    throw forbidden();
  }
}

function forbidden(): RealtimeError {
  return new RealtimeError('FORBIDDEN', 'you may not do this with this channel');
}
