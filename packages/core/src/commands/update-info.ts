import { RealtimeError, serverFrame, toRealtimeError } from '@rt/protocol';
import type { ClientFrameOf } from '@rt/protocol';
import type { ApplicationContract } from '../application-contract/application-contract.ts';
import { answeredByContract, offeredByContract } from '../application-contract/member-info.ts';
import type { Authorizers } from '../authorization/authorizers.ts';
import type { Connection } from '../connection/connection.ts';
import { answeredInfo, offeredInfo } from '../presence/info.ts';
import type { Presence } from '../presence/presence.ts';

/** `pres`: a member asks for other info. The channel's authorizer decides, and may answer with info of its own. */
export class UpdateInfoCommand {
  readonly #authorizers: Authorizers;
  readonly #presence: Presence;
  readonly #contract: ApplicationContract | undefined;

  constructor(authorizers: Authorizers, presence: Presence, contract: ApplicationContract | undefined) {
    this.#authorizers = authorizers;
    this.#presence = presence;
    this.#contract = contract;
  }

  async run(connection: Connection, [, n, channel, value]: ClientFrameOf<'pres'>): Promise<void> {
    // Given now, because the answers of an authorizer may come in any order.
    const updateNumber = this.#presence.nextUpdate();
    const subscription = connection.subscriptions.get(channel);
    try {
      if (subscription?.state !== 'subscribed' || subscription.info === undefined) {
        throw new RealtimeError('FORBIDDEN', 'subscribe to this presence channel first');
      }
      const contract = this.#contract;
      let offered = offeredInfo(value);
      if (contract !== undefined) offered = await offeredByContract(contract, channel, offered);
      const answer = await this.#authorizers.check(connection, channel, 'update', offered.value);
      let info = answer === undefined ? offered : answeredInfo(answer);
      if (contract !== undefined && answer !== undefined) info = await answeredByContract(contract, channel, info);
      if (connection.subscriptions.get(channel) !== subscription) {
        throw new RealtimeError('CANCELLED', 'the subscription ended before the info was changed');
      }
      this.#presence.update(connection, channel, { info, updateNumber });
      connection.send(serverFrame(['ok', n]));
    } catch (error) {
      connection.refuse(n, toRealtimeError(error, 'HANDLER_FAILED', 'the info could not be changed'));
    }
  }
}
