import { RealtimeError } from '@rt/protocol';
import { randomBytes } from 'node:crypto';
import type { Broker } from '../contracts/broker.ts';
import { IGNORED_EVENTS } from './ignored-events.ts';
import { Inbox } from './inbox.ts';
import type { BrokerUnderTest } from './test-broker.ts';
import type { TestRunner } from './test-runner.ts';

/** Three times what core waits for a publish: the exact figure is not for a loaded machine. */
const SETTLED_WITHIN_MS = 15_000;

/** What a broker does while its service stands still: part of `testBroker`, for services that can be paused. */
export function testStall(
  { describe, it, expect }: TestRunner,
  name: string,
  start: () => Promise<BrokerUnderTest>,
): void {
  describe(`broker ${name}: the contract, while its service stands still`, () => {
    it('settles every publish and append in time, and is whole again when the service goes on', async () => {
      const service = await start();
      const { pause, resume } = service;
      if (pause === undefined || resume === undefined) {
        await service.stop();
        return;
      }
      const broker = service.broker();
      const channel = `test.${randomBytes(8).toString('hex')}`;
      const texts = new Inbox<string>();
      const changes = new Inbox<string>();
      let isPaused = false;
      try {
        await broker.start({
          ...IGNORED_EVENTS,
          message: (_channel, batch) => batch.forEach((text) => texts.push(text)),
          health: ({ state }) => changes.push(state),
        });
        await broker.subscribe(channel);
        await pause();
        isPaused = true;
        const settled = await Promise.all([outcomeOf(publish(broker, channel, 'during')), appendTo(broker, channel)]);
        // The very first may have been done before the service stood still.
        for (const outcome of settled) expect(['done', ...REFUSED].includes(outcome) || outcome).toBe(true);
        while (broker.health().state === 'up') await changes.next('word that the broker is down');
        const refused = await Promise.all([outcomeOf(publish(broker, channel, 'later')), appendTo(broker, channel)]);
        for (const outcome of refused) expect(REFUSED.includes(outcome) || outcome).toBe(true);
        await resume();
        isPaused = false;
        while (broker.health().state === 'down') await changes.next('word that the broker is up');
        await publish(broker, channel, 'after');
        // One whose outcome nobody knew may have been done after all.
        let text = await texts.next('what is published afterwards');
        while (text !== 'after') text = await texts.next('what is published afterwards');
        if (broker.log !== undefined) expect(await appendTo(broker, channel)).toBe('done');
      } finally {
        if (isPaused) await resume();
        await broker.close();
        await service.stop();
      }
    });
  });
}

/** Nobody can know more of what is sent to a service that stands still; and where there is no log there is nothing to refuse. */
const REFUSED: readonly string[] = ['BROKER_DOWN', 'OUTCOME_UNKNOWN', 'no log'];

async function publish(broker: Broker, channel: string, text: string): Promise<void> {
  await broker.publish([{ channel, texts: [text] }]);
}

async function appendTo({ log }: Broker, channel: string): Promise<string> {
  if (log === undefined) return 'no log';
  const retention = { size: 10, ttlMs: 60_000 };
  return outcomeOf(log.append([{ channel, entries: [{ text: 'text' }], retention }]).then(([first]) => first));
}

/** How it ends: `done`, the code of a refusal, or that it did not end in time. */
async function outcomeOf(work: Promise<unknown>): Promise<string> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve(`not settled after ${SETTLED_WITHIN_MS} ms`), SETTLED_WITHIN_MS);
  const ended = work.then(
    (value) => (value instanceof RealtimeError ? value.code : 'done'),
    (error: unknown) => (error instanceof RealtimeError ? error.code : String(error)),
  );
  try {
    return await Promise.race([ended, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
