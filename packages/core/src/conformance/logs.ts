import { RealtimeError } from '@rt/protocol';
import type { Position } from '@rt/protocol';
import { randomBytes } from 'node:crypto';
import type { Broker } from '../contracts/broker.ts';
import type { Entry, GapReason, Log, Retention } from '../contracts/log.ts';
import { IGNORED_EVENTS } from './ignored-events.ts';
import { Inbox } from './inbox.ts';
import type { BrokerUnderTest } from './test-broker.ts';

/** Far more than any test of the suite publishes. */
export const PLENTY: Retention = { size: 10_000, ttlMs: 3_600_000 };

/** What came in for one follower, from its head on. */
export interface Followed {
  readonly head: Position;
  readonly entries: Inbox<Entry>;
  readonly gaps: Inbox<GapReason>;
}

/** Runs a test with the logs of two started nodes and closes them whatever happens. */
export function withLogs(
  start: () => Promise<BrokerUnderTest>,
): (run: (a: Log, b: Log) => Promise<void>) => () => Promise<void> {
  return (run) => async () => {
    const service = await start();
    const brokers: Broker[] = [];
    try {
      for (let index = 0; index < 2; index++) brokers.push(await startBroker(service.broker()));
      const [a, b] = brokers.map(({ log }) => log);
      if (a === undefined || b === undefined) throw new Error('this broker has no log');
      await run(a, b);
    } finally {
      await Promise.all(brokers.map((broker) => broker.close()));
      await service.stop();
    }
  };
}

async function startBroker(broker: Broker): Promise<Broker> {
  await broker.start(IGNORED_EVENTS);
  return broker;
}

/** Follows `channel`. */
export async function follow(log: Log, channel: string): Promise<Followed> {
  const entries = new Inbox<Entry>();
  const gaps = new Inbox<GapReason>();
  const head = await log.follow(channel, {
    entries: (batch) => batch.forEach((entry) => entries.push(entry)),
    gap: (reason) => gaps.push(reason),
  });
  return { head, entries, gaps };
}

/** The places that `append` answered, or throws what it refused. */
export async function placesOf(appended: ReturnType<Log['append']>): Promise<readonly (readonly Position[])[]> {
  return (await appended).map((places) => {
    if (places instanceof RealtimeError) throw places;
    return places;
  });
}

export function textsOf(entries: readonly Entry[]): string[] {
  return entries.map(({ text }) => text);
}

export function randomChannel(): string {
  return `test.${randomBytes(8).toString('hex')}`;
}
