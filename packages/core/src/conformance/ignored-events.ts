import type { BrokerEvents } from '../contracts/broker.ts';

const ignore = (): void => undefined;

/** For a broker whose reports a test does not look at. */
export const IGNORED_EVENTS: BrokerEvents = { message: ignore, health: ignore, gap: ignore, warn: ignore };
