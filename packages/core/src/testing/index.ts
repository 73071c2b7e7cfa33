/**
 * What applications test their realtime code with, under any runner: a `Realtime` within the process that records what it
 * publishes, matchers, a clock that moves when told to, and a broker with faults on command. See `docs/testing.md`.
 */
export { FakeRealtime, fakeRealtime } from './fake-realtime.ts';
export type { ClientConstructor, InProcessOptions } from './fake-realtime.ts';
export { FaultyBroker, faultyBroker } from './faulty-broker.ts';
export { ManualClock } from './manual-clock.ts';
export { expectRealtime, realtimeMatchers } from './matchers.ts';
export type { MatcherResult, RealtimeMatchers } from './matchers.ts';
export type { Expected } from './matching.ts';
export { record } from './record.ts';
export type { AnyRealtime, RecordedMessage, Recording } from './record.ts';
