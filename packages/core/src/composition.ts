import type { ApplicationContract } from './application-contract/application-contract.ts';
import { compileContract } from './application-contract/compile-contract.ts';
import { compileMethods } from './application-contract/method-contracts.ts';
import { ApplicationErrors } from './application-errors.ts';
import { Authorizers } from './authorization/authorizers.ts';
import { ChannelRules } from './channel/channel-rules.ts';
import { Membership } from './channel/membership.ts';
import type { Cluster } from './cluster/cluster.ts';
import { composeCluster } from './cluster/compose-cluster.ts';
import { Everywhere } from './cluster/everywhere.ts';
import { Fleet } from './cluster/fleet.ts';
import { localAnswers } from './cluster/local-answers.ts';
import { AuthCommand } from './commands/auth.ts';
import { CallCommand } from './commands/call.ts';
import { Commands } from './commands/commands.ts';
import { ConnectCommand } from './commands/connect.ts';
import { HistoryCommand } from './commands/history.ts';
import { MembersCommand } from './commands/members.ts';
import { SendCommand } from './commands/send.ts';
import { SubscribeCommand } from './commands/subscribe.ts';
import { UnsubscribeCommand } from './commands/unsubscribe.ts';
import { UpdateInfoCommand } from './commands/update-info.ts';
import { ClientRequests } from './connection/client-requests.ts';
import type { ConnectionRegistry } from './connection/connection-registry.ts';
import type { ConnectionServices } from './connection/connection-services.ts';
import { Heartbeat } from './connection/heartbeat.ts';
import { Identity } from './connection/identity.ts';
import { QueuedTotal } from './connection/queued-total.ts';
import { ChannelSource } from './delivery/channel-source.ts';
import { DroppedTexts } from './delivery/dropped-texts.ts';
import { Gate } from './delivery/gate.ts';
import { Hub } from './delivery/hub.ts';
import { Interest } from './delivery/interest.ts';
import { LogPublisher } from './delivery/log-publisher.ts';
import { MessageIds } from './delivery/message-ids.ts';
import { Messages } from './delivery/messages.ts';
import { NewestRoom } from './delivery/newest.ts';
import { Outboxes } from './delivery/outboxes.ts';
import { Publisher } from './delivery/publisher.ts';
import { Recovery } from './delivery/recovery.ts';
import { SharedReads } from './delivery/shared-reads.ts';
import { Stragglers } from './delivery/stragglers.ts';
import { Tick } from './delivery/tick.ts';
import { MessageHandlers } from './handlers/message-handlers.ts';
import { Methods } from './handlers/methods.ts';
import { Invocations } from './invocations/invocations.ts';
import { AllSessions } from './http-sessions/all-sessions.ts';
import { OwnSessions } from './http-sessions/own-sessions.ts';
import { Lifecycle } from './lifecycle.ts';
import type { ParsedOptions } from './options.ts';
import { Presence } from './presence/presence.ts';

/** The parts of one node that others than themselves have to reach. */
export interface Parts {
  readonly hub: Hub;
  readonly interest: Interest;
  readonly rules: ChannelRules;
  /** Absent where channels and events have no schemas. */
  readonly contract: ApplicationContract | undefined;
  readonly authorizers: Authorizers;
  readonly handlers: MessageHandlers;
  readonly methods: Methods;
  readonly invocations: Invocations;
  readonly lifecycle: Lifecycle;
  readonly messages: Messages;
  readonly membership: Membership;
  readonly presence: Presence;
  readonly connectionServices: ConnectionServices;
  readonly gate: Gate;
  /** Absent where this is the only node there can be. */
  readonly cluster: Cluster | undefined;
  readonly fleet: Fleet;
  readonly ownSessions: OwnSessions;
  readonly sessions: AllSessions;
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
  const hub = new Hub(new DroppedTexts(logger, 'messages of channels'));
  const errors = new ApplicationErrors(logger);
  const contract = compileContract(options, errors);
  const invocations = new Invocations({ nodeId: registry.nodeId, clock, limits, logger, errors });
  const lifecycle = new Lifecycle(errors);
  const handlers = new MessageHandlers();
  const methodContracts = compileMethods(options, errors);
  const methods = new Methods(methodContracts);
  const authorizers = new Authorizers(invocations, limits.decisionTimeoutMs, contract);

  const tick = new Tick(clock);
  // The order of these four is the order within a tick: first what is published, then what that brings.
  const gate = new Gate(clock, limits.publishTimeoutMs);
  const publishing = { clock, timeoutMs: limits.publishTimeoutMs, tick, gate };
  const ids = new MessageIds(registry.nodeId);
  const toLog = log === undefined ? undefined : new LogPublisher(log, publishing, ids);
  const bus = new Publisher(broker, publishing);
  const presence = new Presence({ clock, limits, lifecycle, tick });
  const outboxes = new Outboxes(tick);
  const messages = new Messages({ bus, log: toLog, retentionOf }, tick, limits, ids);

  const reads = log && new SharedReads(log);
  const recovery = reads && new Recovery(reads);
  const pushLimit = limits.maxQueuedBytes / 4;
  const stragglers = new Stragglers({
    hub,
    recovery,
    ruleOf: (channel) => rules.slowReaderOf(channel),
    room: new NewestRoom(limits.maxQueuedBytes, limits.maxQueuedBytesTotal / 4),
    failed: (error, connection) => {
      logger.error('a slow reader could not catch up', { connection: connection.id, error: String(error) });
      connection.close('BROKER_DOWN');
    },
  });
  const interest = new Interest(new ChannelSource(broker, hub, retentionOf), {
    clock,
    lingerMs: log?.lingerMs ?? 0,
    report: (error, channel) => logger.error('the broker did not unsubscribe', { channel, error: String(error) }),
  });
  const membership = new Membership({ hub, interest, authorizers, recovery, lifecycle, presence, limits, contract });
  const identity = new Identity(options, { invocations, limits, errors, logger });
  const subscribe = new SubscribeCommand(membership);
  const clientRequests = new ClientRequests(clock, (data) => messages.dataText(data));

  const connectionServices: ConnectionServices = {
    clock,
    limits,
    outboxes,
    membership,
    clientRequests,
    queued: new QueuedTotal(limits.maxQueuedBytesTotal),
    pushLimit,
    heartbeat: new Heartbeat(clock, limits, registry),
    commands: new Commands({
      connect: new ConnectCommand({ identity, registry, subscribe, lifecycle, limits, clock }),
      auth: new AuthCommand({ identity, clock }, (connection) => membership.reauthorize(connection)),
      subscribe,
      unsubscribe: new UnsubscribeCommand(membership),
      send: new SendCommand({ rules, contract, authorizers, handlers, messages, clock, limits, invocations }),
      history: new HistoryCommand(authorizers, (channel) => (messages.hasLog(channel) ? reads : undefined), pushLimit),
      members: new MembersCommand(authorizers, presence),
      updateInfo: new UpdateInfoCommand(authorizers, presence, contract),
      call: new CallCommand({
        methods,
        contracts: methodContracts,
        invocations,
        messages,
        errors,
        timeoutMs: limits.handlerTimeoutMs,
      }),
      clientRequests,
    }),
    fellBehind: (connection) => stragglers.fellBehind(connection),
    catchUp: (connection, places) => stragglers.catchUp(connection, places),
    caughtUp: (connection) => presence.caughtUp(connection),
    connectionEnded: ended,
  };

  const serves = options.transports.length > 0;
  const ownSessions = new OwnSessions(clock);
  const { nodeId } = registry;
  const answers = localAnswers({ registry, interest, membership, presence, sessions: ownSessions });
  const everywhere = new Everywhere(answers, nodeId);
  const cluster = broker.isAlone ? undefined : composeCluster(options, { registry, bus, presence, everywhere });
  everywhere.cluster = cluster;
  const fleet = new Fleet(everywhere, registry, serves);
  const sessions = new AllSessions({ own: ownSessions, everywhere, nodeId, logger });

  return {
    hub,
    interest,
    rules,
    contract,
    authorizers,
    handlers,
    methods,
    invocations,
    lifecycle,
    messages,
    membership,
    presence,
    connectionServices,
    gate,
    cluster,
    fleet,
    ownSessions,
    sessions,
  };
}
