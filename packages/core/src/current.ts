import { RealtimeError } from '@rt/protocol';
import type { ChannelName, ChannelOf, Contract, DataArguments, EventInput, EventName } from '@rt/protocol';
import type { BroadcastOptions, Broadcasts } from './delivery/broadcasts.ts';
import type { Published } from './delivery/published.ts';

/**
 * Where an application says what its contract is, for the module-level `broadcast`:
 * `declare module '@rt/core' { interface Register { contract: typeof contract } }`.
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- the application fills it
export interface Register {}

type Registered = Register extends { readonly contract: infer Definition extends Contract } ? Definition : Contract;

/** The `Realtime`s of this process that were started and not closed: the one place where a module keeps state. */
const started = new Set<Broadcasts>();

export function addCurrent(broadcasts: Broadcasts): void {
  started.add(broadcasts);
}

export function removeCurrent(broadcasts: Broadcasts): void {
  started.delete(broadcasts);
}

/**
 * Broadcasts through the one `Realtime` of this process, from code that has no reference to it.
 * Rejects with `NO_REALTIME` where none was started or more than one runs, else as `realtime.broadcast` does.
 */
export async function broadcast<Name extends string, Event extends EventName<ChannelOf<Registered, Name>>>(
  channel: ChannelName<Registered, Name>,
  event: Event,
  ...data: DataArguments<EventInput<ChannelOf<Registered, Name>, Event>, BroadcastOptions>
): Promise<Published> {
  const [only, another] = started;
  if (only === undefined) {
    throw new RealtimeError(
      'NO_REALTIME',
      'no Realtime is running in this process: call listen(), attach() or start() on one first',
    );
  }
  if (another !== undefined) {
    throw new RealtimeError(
      'NO_REALTIME',
      `${started.size} Realtimes run in this process: call broadcast() on the one you mean`,
    );
  }
  return only.broadcast(channel, event, ...data);
}
