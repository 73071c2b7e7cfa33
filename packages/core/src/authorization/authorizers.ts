import { channelKind, errorTable, PatternMap, RealtimeError } from '@rt/protocol';
import type { ApplicationContract } from '../application-contract/application-contract.ts';
import type { Connection } from '../connection/connection.ts';
import type { Invocations } from '../invocations/invocations.ts';
import type { MemberInfo } from '../presence/member.ts';
import type { AuthorizationRequest, Authorizer, ChannelAction } from './authorizer.ts';
import { userChannel } from './user-channel.ts';

/**
 * Who may do what with which channel. Private and presence channels need an authorizer that says yes; a user channel
 * belongs to its user; a public channel is open. Wherever an authorizer matches, its no wins.
 */
export class Authorizers {
  readonly #authorizers = new PatternMap<Authorizer>();
  readonly #invocations: Invocations;
  readonly #timeoutMs: number;
  readonly #contract: ApplicationContract | undefined;

  /** `timeoutMs` is the time to answer. Of channels that `contract` does not have nobody is asked. */
  constructor(invocations: Invocations, timeoutMs: number, contract: ApplicationContract | undefined) {
    this.#invocations = invocations;
    this.#timeoutMs = timeoutMs;
    this.#contract = contract;
  }

  /** Throws `BAD_OPTION` for a bad pattern or one that has an authorizer. */
  add(pattern: string, authorizer: Authorizer): void {
    this.#authorizers.add(pattern, authorizer);
  }

  /**
   * Resolves where `connection` may, with what the authorizer tells of a member. Rejects with `FORBIDDEN`, with `DEADLINE` when
   * there was no answer in time, with `OVERLOADED` where it could not be asked, and with `BAD_NAME` where the contract has no such channel.
   * Where nobody has to be asked: `undefined` is yes, and no is thrown.
   */
  check(
    connection: Connection,
    channel: string,
    action: ChannelAction,
    info?: MemberInfo,
  ): Promise<object | undefined> | undefined {
    const refusal = this.#contract?.refusal(channel);
    if (refusal !== undefined) throw refusal;
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
    const { channel, action, info } = request;
    const asked = { kind: 'authorizer', name: action, connection, channel, input: info } as const;
    let answer: boolean | object | undefined;
    try {
      answer = await this.#invocations.run({ ...asked, timeoutMs: this.#timeoutMs }, ({ signal }) =>
        authorizer({ ...request, signal }),
      );
    } catch (error) {
      throw refusalOf(error);
    }
    if (answer === true) return undefined;
    const isMember = typeof answer === 'object' && answer !== null && channelKind(channel) === 'presence';
    if (isMember) return answer as object;
    throw forbidden();
  }
}

/** Why somebody is refused about whom there was no answer. What an authorizer says itself is not told. */
function refusalOf(error: unknown): RealtimeError {
  const isLate = error instanceof RealtimeError && (error.code === 'DEADLINE' || error.code === 'OVERLOADED');
  return isLate ? new RealtimeError(error.code, errorTable[error.code].message, { detail: error.detail }) : forbidden();
}

function forbidden(): RealtimeError {
  return new RealtimeError('FORBIDDEN', 'you may not do this with this channel');
}
