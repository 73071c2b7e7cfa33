import type { Broker, BusWork, Clock } from '@rt/core';
import { systemClock } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { Gate } from '../../src/delivery/gate.ts';
import { Publisher } from '../../src/delivery/publisher.ts';
import type { PublisherServices } from '../../src/delivery/publisher.ts';
import { Tick } from '../../src/delivery/tick.ts';
import { ManualClock } from '../manual-clock.ts';

async function nothing(): Promise<void> {}

function brokerThat(publish: (work: readonly BusWork[]) => Promise<void>): Broker {
  return {
    name: 'stub of one method',
    publish,
    start: nothing,
    subscribe: nothing,
    unsubscribe: nothing,
    close: nothing,
    health: () => ({ state: 'up' }),
  };
}

function services(clock: Clock): PublisherServices {
  return { clock, timeoutMs: 5_000, tick: new Tick(systemClock), gate: new Gate(clock, 5_000) };
}

describe('Publisher', () => {
  it('hands one tick’s work to the broker in one call, in order within each channel', async () => {
    const calls: (readonly BusWork[])[] = [];
    const publisher = new Publisher(
      brokerThat(async (work) => void calls.push(work)),
      services(systemClock),
    );
    await Promise.all(['a1', 'b1', 'a2'].map((text) => publisher.publish(text[0]!, text)));
    await publisher.publish('a', 'a3');
    expect(calls).toEqual([
      [
        { channel: 'a', texts: ['a1', 'a2'] },
        { channel: 'b', texts: ['b1'] },
      ],
      [{ channel: 'a', texts: ['a3'] }],
    ]);
  });

  it('rejects with DEADLINE when the broker does not answer in time', async () => {
    const clock = new ManualClock();
    const asked = Promise.withResolvers<void>();
    const publisher = new Publisher(
      brokerThat(() => (asked.resolve(), new Promise(() => undefined))),
      services(clock),
    );
    const published = publisher.publish('a', 'x');
    await asked.promise;
    const refused = published.catch((error: unknown) => error);
    await clock.pass(5_000);
    expect(await refused).toMatchObject({ code: 'DEADLINE', retryable: true });
  });

  it('rejects with BROKER_DOWN and the reason behind it when the broker refuses', async () => {
    const reason = new Error('refused');
    const publisher = new Publisher(
      brokerThat(() => Promise.reject(reason)),
      services(systemClock),
    );
    await expect(publisher.publish('a', 'x')).rejects.toMatchObject({ code: 'BROKER_DOWN', cause: reason });
  });
});
