import { Authorizers } from './authorization/authorizers.ts';
import { ChannelRules } from './channel/channel-rules.ts';
import { Membership } from './channel/membership.ts';
import { AuthCommand } from './commands/auth.ts';
import { Commands } from './commands/commands.ts';
import { ConnectCommand } from './commands/connect.ts';
import { HistoryCommand } from './commands/history.ts';
import { MembersCommand } from './commands/members.ts';
import { SendCommand } from './commands/send.ts';
import { SubscribeCommand } from './commands/subscribe.ts';
import { UnsubscribeCommand } from './commands/unsubscribe.ts';
import { UpdateInfoCommand } from './commands/update-info.ts';
import type { ConnectionRegistry } from './connection/connection-registry.ts';
import type { ConnectionServices } from './connection/connection-services.ts';
import { Heartbeat } from './connection/heartbeat.ts';
import { Identity } from './connection/identity.ts';
import { ChannelSource } from './delivery/channel-source.ts';
import { Hub } from './delivery/hub.ts';
import { Interest } from './delivery/interest.ts';
import { LogPublisher } from './delivery/log-publisher.ts';
import { Messages } from './delivery/messages.ts';
import { Outboxes } from './delivery/outboxes.ts';
import { Publisher } from './delivery/publisher.ts';
import { Recovery } from './delivery/recovery.ts';
import { Stragglers } from './delivery/stragglers.ts';
import { Tick } from './delivery/tick.ts';
import { MessageHandlers } from './handlers/message-handlers.ts';
import { Lifecycle } from './lifecycle.ts';
import type { ParsedOptions } from './options.ts';
import { Presence } from './presence/presence.ts';

/** The parts of one node that others than themselves have to reach. */
export interface Parts {
  readonly hub: Hub;
  readonly interest: Interest;
  readonly rules: ChannelRules;
  readonly authorizers: Authorizers;
  readonly handlers: MessageHandlers;
  readonly lifecycle: Lifecycle;
  readonly messages: Messages;
  readonly membership: Membership;
  readonly presence: Presence;
  readonly connectionServices: ConnectionServices;
}

/** Builds the parts of one node and wires them. `ended` hears of every wire that is gone. */
export function compose(
  options: ParsedOptions,
  registry: ConnectionRegistry,
  ended: ConnectionServices['connectionEnded'],
): Parts {
  const { broker, clock, limits, logger } = options;
  const { log } = broker;
  const rules = new ChannelRules(options.channels);
  const retentionOf = (channel: string): ReturnType<ChannelRules['retentionOf']> => rules.retentionOf(channel);
  const hub = new Hub();
  const lifecycle = new Lifecycle(logger);
  const handlers = new MessageHandlers();
  const authorizers = new Authorizers(logger);

  const tick = new Tick(clock);
  // The order of these four is the order within a tick: first what is published, then what that brings.
  const toLog = log === undefined ? undefined : new LogPublisher(log, clock, limits.publishTimeoutMs, tick);
  const bus = new Publisher(broker, clock, limits.publishTimeoutMs, tick);
  const presence = new Presence({ clock, limits, lifecycle, tick });
  const outboxes = new Outboxes(tick);
  const messages = new Messages({ bus, log: toLog, retentionOf }, clock, limits, registry.nodeId);

  const recovery = log === undefined ? undefined : new Recovery(log);
  const stragglers = new Stragglers(hub, recovery, (error, connection) => {
    logger.error('a slow reader could not catch up', { connection: connection.id, error: String(error) });
    connection.close('BROKER_DOWN');
  });
  const interest = new Interest(new ChannelSource(broker, hub, retentionOf), (error, channel) =>
    logger.error('the broker did not unsubscribe', { channel, error: String(error) }),
  );
  const membership = new Membership({ hub, interest, authorizers, recovery, lifecycle, presence, limits });
  const identity = new Identity(options, logger);
  const subscribe = new SubscribeCommand(membership);

  const connectionServices: ConnectionServices = {
    clock,
    limits,
    outboxes,
    membership,
    pushLimit: limits.maxQueuedBytes / 4,
    heartbeat: new Heartbeat(clock, limits, registry),
    commands: new Commands({
      connect: new ConnectCommand({ identity, registry, subscribe, lifecycle, limits, clock }),
      auth: new AuthCommand({ identity, clock }, (connection) => membership.reauthorize(connection)),
      subscribe,
      unsubscribe: new UnsubscribeCommand(membership),
      send: new SendCommand({ rules, authorizers, handlers, messages, clock, logger }),
      history: new HistoryCommand(
        authorizers,
        (channel) => (messages.hasLog(channel) ? log : undefined),
        limits.maxQueuedBytes / 4,
      ),
      members: new MembersCommand(authorizers, presence),
      updateInfo: new UpdateInfoCommand(authorizers, presence),
    }),
    fallBehind: (connection) => stragglers.fallBehind(connection),
    caughtUp: (connection) => {
      stragglers.catchUp(connection);
      presence.caughtUp(connection);
    },
    connectionEnded: ended,
  };
  return { hub, interest, rules, authorizers, handlers, lifecycle, messages, membership, presence, connectionServices };
}
