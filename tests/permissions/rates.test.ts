import { expect, it } from 'vitest';
import { ManualClock } from '../../packages/core/test/manual-clock.ts';
import { newInstance, RawClient, randomName } from '../hardening/raw-client.ts';
import type { Received } from '../hardening/raw-client.ts';
import { startServer } from '../hardening/server.ts';

const LIMITS = { messageBurst: 10_000, messagesPerMinute: 10_000, beatMs: 10_000_000 };

async function sendMany(client: RawClient, count: number, channel: string, event: string): Promise<Received[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => client.request('send', channel, event, n)));
}

function refusals(answers: readonly Received[]): unknown[] {
  return answers.filter((frame) => frame[0] === 'err').map((frame) => frame[2]);
}

it('an event with a rate may be sent as often as that, and is refused with the time to wait', async () => {
  const clock = new ManualClock();
  const { realtime, port } = await startServer({
    clock,
    limits: LIMITS,
    channels: { '*': { send: true, rate: { 'typing.started': 30 } } },
  });
  const channel = randomName();
  const client = await RawClient.open(port);
  const answers = await sendMany(client, 31, channel, 'typing.started');
  expect(refusals(answers)).toEqual(['RATE_LIMITED']);
  expect(answers[30]![4]).toEqual({ retryAfterMs: 2_000 });
  // Other events, other connections.
  expect(refusals(await sendMany(client, 60, channel, 'message'))).toEqual([]);
  expect(refusals(await sendMany(client, 5, channel, 'constructor'))).toEqual([]);
  const other = await RawClient.open(port, { instance: newInstance() });
  expect(refusals(await sendMany(other, 30, channel, 'typing.started'))).toEqual([]);
  clock.advance(1_999);
  expect(refusals(await sendMany(client, 1, channel, 'typing.started'))).toEqual(['RATE_LIMITED']);
  clock.advance(2);
  expect(refusals(await sendMany(client, 2, channel, 'typing.started'))).toEqual(['RATE_LIMITED']);
  expect((await realtime.channel(channel).history({ limit: 1000 })).messages.length).toBe(100);
});

it('a rate counts the event over all channels of its rule, so that more channels are no way around', async () => {
  const { port } = await startServer({ limits: LIMITS, channels: { '*': { send: true, rate: { typing: 5 } } } });
  const client = await RawClient.open(port);
  const answers: Received[] = [];
  for (let n = 0; n < 10; n++) answers.push(...(await sendMany(client, 1, randomName(), 'typing')));
  expect(refusals(answers)).toHaveLength(5);
});

it('the rate of one rule is not that of another, whichever is used first', async () => {
  const { port } = await startServer({
    limits: LIMITS,
    channels: { '*': { send: true }, 'loose.*': { rate: { typing: 100 } }, 'strict.*': { rate: { typing: 2 } } },
  });
  const client = await RawClient.open(port);
  expect(refusals(await sendMany(client, 1, 'loose.1', 'typing'))).toEqual([]);
  expect(refusals(await sendMany(client, 10, 'strict.1', 'typing'))).toHaveLength(8);
  expect(refusals(await sendMany(client, 50, 'loose.1', 'typing'))).toEqual([]);
});

it('a message that wants no answer is limited as well, and says so without a number', async () => {
  const { port } = await startServer({ limits: LIMITS, channels: { '*': { send: true, rate: { typing: 1 } } } });
  const channel = randomName();
  const [client, reader] = [await RawClient.open(port), await RawClient.open(port)];
  await reader.subscribe(channel);
  for (let n = 0; n < 3; n++) client.send(['send', 0, channel, 'typing', n]);
  expect((await client.next('err')).slice(0, 3)).toEqual(['err', 0, 'RATE_LIMITED']);
  await client.roundTrip();
  expect(await reader.dataOf(channel)).toEqual([0]);
});
