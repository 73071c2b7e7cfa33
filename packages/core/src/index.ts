/**
 * The rt server: `Realtime`, the memory broker, and the seams that transports and brokers plug into.
 * Start with `README.md`; what is promised stands in `docs/delivery.md`.
 */
export type { AuthorizedPattern, AuthorizerOf, HandlerOf } from './application-contract/contract-types.ts';
export type { AuthorizationRequest, Authorizer, ChannelAction } from './authorization/authorizer.ts';
export { userChannel } from './authorization/user-channel.ts';
export { cutBus, decodeBus, encodeBus } from './brokers/bus-payload.ts';
export { within } from './brokers/deadline.ts';
export { Echoes } from './brokers/echoes.ts';
export { EntryHead, entryHead } from './brokers/entry-head.ts';
export { brokerDown, outcomeUnknown, reasonOf } from './brokers/failure.ts';
export { badOption, checkAlternatives, checkEachOption, optionChecks } from './brokers/option-checks.ts';
export type { OptionCheck } from './brokers/option-checks.ts';
export { Probes } from './brokers/probes.ts';
export { lastOffset, singleEntries } from './brokers/single-entries.ts';
export { Warnings } from './brokers/warnings.ts';
export type { ChannelHandle, History, HistoryQuery, KeptMessage, KeptOf } from './channel/channel-handle.ts';
export type { ChannelRule } from './channel/channel-rules.ts';
export type { LatestKey, SlowReaderRule } from './channel/slow-reader.ts';
export type { ChannelPage, ChannelQuery, OccupiedChannel } from './cluster/fleet.ts';
export type { ClientConnection, ConnectionHandle, RequestOptions } from './connection/client-connection.ts';
export type { ConnectionRequest } from './connection/connection-request.ts';
export type { Authenticate, User } from './connection/user.ts';
export { consoleLogger, LOG_LEVELS } from './console-logger.ts';
export type { LogLevel } from './console-logger.ts';
export type { BrokerFinding, BrokerReport, BrokerRestart } from './contracts/broker-report.ts';
export type { Broker, BrokerEvents, BrokerHealth, BusWork } from './contracts/broker.ts';
export { systemClock } from './contracts/clock.ts';
export type { Cancel, Clock } from './contracts/clock.ts';
export type { Encoding } from './contracts/encoding.ts';
export type { HttpSession, HttpSessions, Poll, PollAnswer, SessionLink } from './contracts/http-sessions.ts';
export type { Link } from './contracts/link.ts';
export { DEDUPE_WINDOW_MS } from './contracts/log.ts';
export type {
  Appended,
  Entry,
  GapReason,
  Log,
  LogPage,
  LogRead,
  LogReader,
  LogSink,
  LogWork,
  NewEntry,
  Proof,
  Retention,
} from './contracts/log.ts';
export type { Logger } from './contracts/logger.ts';
export type { Session, Transport, TransportHost, TransportName } from './contracts/transport.ts';
export { broadcast } from './current.ts';
export type { Register } from './current.ts';
export type { BroadcastOptions, Except } from './delivery/broadcasts.ts';
export type { Published } from './delivery/published.ts';
export type { InboundMessage } from './handlers/inbound-message.ts';
export type { MessageHandler } from './handlers/message-handlers.ts';
export type { Method, MethodCall } from './handlers/methods.ts';
export { context } from './invocations/context.ts';
export type { Invocation, InvocationKind, Middleware } from './invocations/invocation.ts';
export type { Listening, ListenOptions } from './http/listen.ts';
export type { LifecycleEvents, MemberEvent } from './lifecycle.ts';
export { defaultLimits } from './limits.ts';
export type { Limits } from './limits.ts';
export { memoryBroker, MemoryBus } from './memory/memory-broker.ts';
export type { MemorySocket, MemorySocketEvents } from './memory/memory-socket.ts';
export { memoryTransport } from './memory/memory-transport.ts';
export type { MemorySocketConstructor, MemoryTransport } from './memory/memory-transport.ts';
export type { RealtimeOptions } from './options.ts';
export type { Partition, PartitionReader, PartitionStart, PartitionText } from './partition-log/partition.ts';
export { partitionOf } from './partition-log/partition-of.ts';
export { PartitionLog, replayMsOf } from './partition-log/partition-log.ts';
export type { PartitionLogOptions } from './partition-log/partition-log.ts';
export { emptyRecord } from './partition-log/record.ts';
export type { Member, MemberInfo } from './presence/member.ts';
export { Realtime } from './realtime.ts';
export type { Load, NodeStats } from './stats.ts';
export type { DisconnectReason, UserHandle } from './user-handle.ts';
export { defineContract, RealtimeError } from '@rt/protocol';
export type {
  AnyChannel,
  ChannelContract,
  ChannelName,
  ChannelParams,
  ChannelPattern,
  Contract,
  ContractProblem,
  ErrorCode,
  MethodAnswer,
  MethodContract,
  MethodInput,
  MethodName,
  MethodOutput,
  MethodReceived,
  PatternParams,
  StandardSchema,
} from '@rt/protocol';
