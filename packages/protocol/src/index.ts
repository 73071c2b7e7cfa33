/**
 * The rt protocol, version 1: frames, their codec, names, errors and close codes.
 * No dependency; runs in browsers and in Node. The wire is described in `docs/protocol.md`.
 */
export { channelKind, channelNameProblem, isChannelName, MAX_CHANNEL_BYTES } from './channel-name.ts';
export type { ChannelKind } from './channel-name.ts';
export { decodeClientFrame, isFrameProblem } from './client-frame.ts';
export type { ClientFrame, ClientFrameOf, ClientFrameType, FrameProblem, HistoryPage, Resume } from './client-frame.ts';
export { closeCodeReconnects, SUB_PROTOCOL, PROTOCOL_VERSION } from './close-code.ts';
export { defineContract } from './contract.ts';
export type { ChannelContract, Contract, EventSchemas, MethodContract } from './contract.ts';
export type {
  AnyChannel,
  ChannelName,
  ChannelOf,
  ChannelPattern,
  ChannelsOf,
  ContractProblem,
  DataArguments,
  EventInput,
  EventName,
  EventOutput,
  IfTyped,
  InfoInput,
  InfoOutput,
  MethodAnswer,
  MethodInput,
  MethodName,
  MethodOutput,
  MethodReceived,
  MethodsOf,
  ParamsArguments,
  PatternOrName,
  SendInput,
  SendName,
  SendOutput,
  UserChannelOf,
} from './contract-types.ts';
export { cursorSuffix, formatCursor, MAX_CURSOR_LENGTH, MAX_LINES, parseCursor } from './cursor.ts';
export type { Position } from './cursor.ts';
export { isErrorCode, RETRYABLE } from './error-code.ts';
export type { ErrorCode } from './error-code.ts';
export { errorTable } from './error-table.ts';
export type { ErrorRow } from './error-table.ts';
export { eventNameProblem, isEventName, MAX_EVENT_BYTES } from './event-name.ts';
export { invalidData } from './invalid-data.ts';
export { jsonProblem, MAX_JSON_DEPTH } from './json-value.ts';
export type { JsonValue } from './json-value.ts';
export { eachLine } from './line.ts';
export { messageFrame, MessageNames, messageTail } from './message-frame.ts';
export type { MessageParts } from './message-frame.ts';
export { fillLines, MessageLines, messageLines } from './message-lines.ts';
export { channelNameOf, encodeNamePart } from './name-part.ts';
export type { NamePart } from './name-part.ts';
export { PatternMap } from './pattern-map.ts';
export type { PatternMatch } from './pattern-map.ts';
export { Pattern } from './pattern.ts';
export type { Params } from './pattern.ts';
export type { ChannelParams, IsLiteral, MatchPattern, PatternParams } from './pattern-types.ts';
export { serverFrame } from './server-frame.ts';
export type {
  ConnectionLimits,
  MemberRow,
  MessageMeta,
  PresenceRoster,
  ServerFrame,
  ServerFrameOf,
} from './server-frame.ts';
export type { SchemaInput, SchemaIssue, SchemaOutput, SchemaResult, StandardSchema } from './standard-schema.ts';
export { RealtimeError, toRealtimeError } from './realtime-error.ts';
export type { RealtimeErrorOptions } from './realtime-error.ts';
