import { RealtimeError } from '@rt/protocol';
import type { Connection } from '../connection/connection.ts';
import type { ConnectionRegistry } from '../connection/connection-registry.ts';
import type { Membership } from '../channel/membership.ts';
import type { Interest } from '../delivery/interest.ts';
import type { Presence } from '../presence/presence.ts';
import type { Answers, Input } from './questions.ts';

/** What a node needs to answer for its own clients. */
export interface LocalParts {
  readonly registry: ConnectionRegistry;
  readonly interest: Interest;
  readonly membership: Membership;
  readonly presence: Presence;
}

/** What this node answers of its own clients, whoever asks. */
export function localAnswers({ registry, interest, membership, presence }: LocalParts): Answers {
  const open = (id: string): Connection => {
    const connection = registry.get(id);
    if (connection?.state !== 'open') throw new RealtimeError('UNKNOWN_CONNECTION', 'no node has this connection');
    return connection;
  };
  /** Those that are ending don't count any more. */
  const openOf = (user: string): Connection[] => registry.ofUser(user).filter(({ state }) => state === 'open');
  const disconnect = (input: Input<'disconnect'>): number => {
    const ended = 'user' in input ? openOf(input.user) : [open(input.connection)];
    for (const connection of ended) connection.close('DISCONNECTED', input.reason, input.code);
    if ('user' in input) presence.forgetWaiting(input.user);
    return ended.length;
  };
  return {
    subscribers: ({ channel }) => interest.count(channel),
    channels: ({ prefix, after, limit }) => interest.list(prefix, after, limit),
    isOnline: ({ user }) => openOf(user).length > 0,
    connections: ({ user }) =>
      openOf(user).map(({ id, transport, user: known, channels, instanceHash }) => ({
        id,
        transport,
        channels: [...channels],
        instanceHash,
        ...(known === undefined ? {} : { user: known }),
      })),
    disconnect,
    send: ({ connection, frame }) => {
      open(connection).send(frame);
      return true;
    },
    subscribe: async ({ connection, channel }) => {
      await open(connection).subscribe(channel);
      return null;
    },
    unsubscribe: ({ connection, channel, reason }) => open(connection).unsubscribe(channel, reason),
    reauthorize: async ({ user }) => {
      await Promise.all(openOf(user).map((connection) => membership.reauthorize(connection)));
      return null;
    },
    members: ({ channel }) => [...presence.members(channel)],
  };
}
