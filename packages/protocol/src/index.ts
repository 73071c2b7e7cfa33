/**
 * The rt protocol, version 1: frames, their codec, names, errors and close codes.
 * No dependency; runs in browsers and in Node. The wire is described in `docs/protocol.md`.
 */
export { channelKind, channelNameProblem, isChannelName, MAX_CHANNEL_BYTES } from './channel-name.ts';
export type { ChannelKind } from './channel-name.ts';
export { decodeClientFrame, isFrameProblem } from './client-frame.ts';
export type { ClientFrame, ClientFrameOf, ClientFrameType, FrameProblem, HistoryPage, Resume } from './client-frame.ts';
export { closeCodeReconnects, SUB_PROTOCOL, PROTOCOL_VERSION } from './close-code.ts';
export type { Contract } from './contract.ts';
export { defineContract } from './contract.ts';
export { formatCursor, MAX_CURSOR_LENGTH, parseCursor } from './cursor.ts';
export type { Position } from './cursor.ts';
export { isErrorCode, RETRYABLE } from './error-code.ts';
export type { ErrorCode } from './error-code.ts';
export { errorTable } from './error-table.ts';
export type { ErrorRow } from './error-table.ts';
export { eventNameProblem, isEventName, MAX_EVENT_BYTES } from './event-name.ts';
export { jsonProblem, MAX_JSON_DEPTH } from './json-value.ts';
export type { JsonValue } from './json-value.ts';
export { eachLine } from './line.ts';
export { fillTemplate, messageHead, messageTemplate } from './message-frame.ts';
export type { MessageParts } from './message-frame.ts';
export { serverFrame } from './server-frame.ts';
export type {
  ConnectionLimits,
  MemberRow,
  MessageMeta,
  PresenceRoster,
  ServerFrame,
  ServerFrameOf,
} from './server-frame.ts';
export { RealtimeError, toRealtimeError } from './realtime-error.ts';
export type { RealtimeErrorOptions } from './realtime-error.ts';
