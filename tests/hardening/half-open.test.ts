import { expect, it } from 'vitest';
import { ManualClock } from '../../packages/core/test/manual-clock.ts';
import { Inbox } from './inbox.ts';
import { newInstance, RawClient, randomName } from './raw-client.ts';
import { RawSocket } from './raw-socket.ts';
import { HonestClient, startServer } from './server.ts';

it('C2: a connection that answers nothing and sends no FIN is gone after beat and answer time', async () => {
  const { realtime, port } = await startServer({ limits: { beatMs: 1_000, beatAnswerMs: 1_000 } });
  const channel = randomName();
  const reasons = new Inbox<readonly [string, string]>();
  realtime.on('disconnected', ({ connection, reason }) => reasons.push([connection.id, reason]));
  const silent = await RawClient.open(port);
  await silent.subscribe(channel);
  silent.raw.socket.pause();
  // Two sweeps of a second each, and 2 s for a close that nobody answers; three times that at most.
  expect(await reasons.next('its end', undefined, 15_000)).toEqual([silent.id, 'HEARTBEAT_MISSED']);
  expect(await realtime.channel(channel).subscriberCount()).toBe(0);
});

it('C2: with the defaults it leaves its channels within 30 s, and one that answers stays', async () => {
  const clock = new ManualClock();
  const { realtime, port } = await startServer({ clock });
  const channel = randomName();
  const [silent, alive] = [await RawClient.open(port), await RawClient.open(port)];
  await silent.subscribe(channel);
  await alive.subscribe(channel);
  silent.raw.socket.pause();
  for (let second = 0; second < 30; second++) {
    clock.advance(1_000);
    await alive.roundTrip();
  }
  expect(await realtime.channel(channel).subscriberCount()).toBe(1);
  await expect(realtime.send(silent.id, 'event')).rejects.toMatchObject({ code: 'UNKNOWN_CONNECTION' });
});

it('C2: one that vanished before connect, or half-way through a frame, is gone as well', async () => {
  const { realtime, port } = await startServer({
    limits: { connectTimeoutMs: 1_000, beatMs: 1_000, beatAnswerMs: 1_000 },
  });
  const honest = await HonestClient.join(port);
  const reasons = new Inbox<string>();
  realtime.on('disconnected', ({ reason }) => reasons.push(reason));
  const early = await RawSocket.upgraded(port);
  const half = await RawClient.silent(port);
  half.send(['connect', 1, newInstance()]);
  await half.next('ready');
  half.raw.write(Buffer.from([0x81, 0xfe, 0x10, 0x00, 0, 0, 0, 0, 0x5b]));
  half.raw.socket.pause();
  expect((await early.ending(6_000)).code).toBe(4001);
  const answering = setInterval(() => honest.client.send(['pong']), 500);
  try {
    expect(await reasons.next('the end of the second', undefined, 15_000)).toBe('HEARTBEAT_MISSED');
  } finally {
    clearInterval(answering);
  }
});
