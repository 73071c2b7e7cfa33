import { RealtimeError } from '@rt/protocol';
import type { Connection } from '../connection/connection.ts';
import type { ConnectionRegistry } from '../connection/connection-registry.ts';
import type { Membership } from '../channel/membership.ts';
import type { Interest } from '../delivery/interest.ts';
import type { OwnSessions } from '../http-sessions/own-sessions.ts';
import { RemotePolls } from '../http-sessions/remote-polls.ts';
import type { Presence } from '../presence/presence.ts';
import type { Answers, Input } from './questions.ts';

/** What a node needs to answer for its own clients. */
export interface LocalParts {
  readonly registry: ConnectionRegistry;
  readonly interest: Interest;
  readonly membership: Membership;
  readonly presence: Presence;
  readonly sessions: OwnSessions;
}

/** What this node answers of its own clients, whoever asks. */
export function localAnswers({ registry, interest, membership, presence, sessions }: LocalParts): Answers {
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
  const polls = new RemotePolls();
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
    request: ({ connection, event, data, timeoutMs }) => open(connection).request(event, data, { timeoutMs }),
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
    poll: async ({ id, sequence, holdMs, ...key }) => {
      const answer = await polls.run(id, (signal) => sessions.poll(key, { sequence, holdMs, signal }));
      return { ...answer, body: Buffer.from(answer.body).toString('utf8') };
    },
    stopPoll: ({ id }) => {
      polls.stop(id);
      return null;
    },
    post: ({ sequence, frames, ...key }) => {
      sessions.post(key, sequence, frames);
      return null;
    },
    leave: (key) => {
      sessions.leave(key);
      return null;
    },
    refuseLarge: (key) => {
      sessions.refuseLarge(key);
      return null;
    },
  };
}
