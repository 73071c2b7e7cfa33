/**
 * The contract suites: what every broker and every transport must do, as tests for any runner that has
 * `describe`, `it` and `expect`. The tests of the WebSocket transport and the memory broker show how they are used.
 */
export { Inbox } from './inbox.ts';
export { testBroker } from './test-broker.ts';
export type { BrokerUnderTest } from './test-broker.ts';
export { testLog } from './test-log.ts';
export type { Expectation, TestRunner } from './test-runner.ts';
export { testTransport } from './test-transport.ts';
export type { ForeignClient } from './peer.ts';
export type { TransportUnderTest } from './test-transport.ts';
