import { RealtimeError } from '@rt/protocol';
import { answeredInfo } from '../presence/info.ts';
import type { Info } from '../presence/info.ts';
import type { ApplicationContract } from './application-contract.ts';

/** The info that a client asks for, as the contract has it. Rejects with `INVALID_DATA`. */
export async function offeredByContract(contract: ApplicationContract, channel: string, offered: Info): Promise<Info> {
  const { value } = await contract.info(channel, offered.value);
  return answeredInfo(value as object);
}

/** The info that the application gives a member, as the contract has it. Rejects with `HANDLER_FAILED`: the client can't help it. */
export async function answeredByContract(
  contract: ApplicationContract,
  channel: string,
  answered: Info,
): Promise<Info> {
  try {
    return await offeredByContract(contract, channel, answered);
  } catch (cause) {
    if (!(cause instanceof RealtimeError && cause.code === 'INVALID_DATA')) throw cause;
    contract.settings.failed(cause, `the info that the application gives a member of ${JSON.stringify(channel)}`);
    throw new RealtimeError(
      'HANDLER_FAILED',
      `the server gave a member other info than the contract allows: ${cause.message}`,
      {
        cause,
      },
    );
  }
}
