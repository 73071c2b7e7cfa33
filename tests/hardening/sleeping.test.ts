import { RealtimeClient } from '@rt/client';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Inbox } from './inbox.ts';
import { RawClient, randomName } from './raw-client.ts';
import { postBroadcast, startServer } from './server.ts';
import { Sleepers } from './sleepers.ts';

const CLIENTS = 20;
const LIMITS = { beatMs: 1_000, beatAnswerMs: 1_000 };
/** More than any test here publishes, so that a gap would be a fault. */
const CHANNELS = { '*': { history: { size: 1_000, ttlMs: 60_000 } } };
const HOUR_MS = 3_600_000;

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

it('C7: a laptop that sleeps for longer than the heartbeat reconnects once a client, and misses nothing', async () => {
  const { realtime, url } = await startServer({ limits: LIMITS, channels: CHANNELS });
  const channel = randomName();
  const reasons = new Inbox<string>();
  let connections = 0;
  realtime.on('connected', () => connections++);
  realtime.on('disconnected', ({ reason }) => reasons.push(reason));
  let published = 0;
  const publish = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) await realtime.broadcast(channel, 'e', published++);
  };
  const sleepers = await Sleepers.start({ url, channel, count: CLIENTS });
  await publish(10);
  await sleepers.accounts(published - 1);

  sleepers.fallAsleep();
  await publish(10);
  for (let index = 0; index < CLIENTS; index++) {
    expect(await reasons.next('the end of a connection', undefined, 15_000)).toBe('HEARTBEAT_MISSED');
    await publish(1);
  }
  sleepers.wakeUp();
  await publish(10);

  for (const { got, states, errors } of await sleepers.accounts(published - 1)) {
    expect(got).toEqual(upTo(published));
    expect(states).toEqual(['waiting', 'connecting', 'open']);
    expect(errors).toEqual(['HEARTBEAT_MISSED']);
  }
  expect(connections).toBe(2 * CLIENTS);
  expect(reasons.size).toBe(0);
});

it('C7: where the server sleeps along with its clients, each reconnects once at most, and misses nothing', async () => {
  const channel = randomName();
  const sleepers = await Sleepers.start({ channel, count: CLIENTS, server: { limits: LIMITS, channels: CHANNELS } });
  const port = Number(new URL(sleepers.url).port);
  let published = 0;
  const publish = async (): Promise<void> => {
    const body = JSON.stringify({ channel, event: 'e', data: published++ });
    expect((await postBroadcast(port, body)).status).toBe(200);
  };
  for (let time = 0; time < 10; time++) await publish();
  await sleepers.accounts(published - 1);

  const beats = await Beats.of((await startServer({ limits: LIMITS })).port);
  sleepers.fallAsleep();
  // Asked of the sleeping server, answered when it is awake.
  const meanwhile = publish();
  // More than any limit of the two.
  await beats.pass(4);
  sleepers.wakeUp();
  await meanwhile;
  await publish();

  for (const { got, states } of await sleepers.accounts(published - 1)) {
    expect(got).toEqual(upTo(published));
    expect(states.filter((state) => state === 'open').length).toBeLessThanOrEqual(1);
  }
});

it('C7: clocks that are set, far ahead or back, end no connection and delay nothing', async () => {
  const { realtime, url, port } = await startServer({ limits: LIMITS, channels: CHANNELS });
  const ended: string[] = [];
  realtime.on('disconnected', ({ reason }) => ended.push(reason));
  const channel = randomName();
  const states: string[] = [];
  const got = new Inbox<unknown>();
  for (let index = 0; index < 3; index++) {
    const client = new RealtimeClient(url, { heartbeat: { graceMs: 1_000, probeMs: 500 } });
    onTestFinished(() => client.close());
    const subscription = client.subscribe(channel);
    subscription.on('e', (data) => got.push(data));
    await subscription.subscribed;
    client.on('state', ({ state }) => states.push(state));
  }
  const beats = await Beats.of(port);
  // Only the date is another one, for the server and its clients; timers and `performance.now()` go on as they were.
  const { now } = Date;
  let setBy = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + setBy);
  onTestFinished(() => void vi.restoreAllMocks());
  for (const jumpMs of [HOUR_MS, HOUR_MS, -24 * HOUR_MS, 1_600, -1_600, 24 * HOUR_MS]) {
    setBy += jumpMs;
    await realtime.broadcast(channel, 'e', jumpMs);
    for (let index = 0; index < 3; index++) expect(await got.next('the message')).toBe(jumpMs);
    // Silence, so that both ends have to ask for a sign of life.
    await beats.pass(1);
  }
  await beats.pass(2);
  expect(states).toEqual([]);
  expect(ended).toEqual([]);
});

/** Tells how much time has passed by the beats that a server sends to a silent client: one each second or two. */
class Beats {
  readonly #client: RawClient;

  private constructor(client: RawClient) {
    this.#client = client;
  }

  static async of(port: number): Promise<Beats> {
    return new Beats(await RawClient.open(port));
  }

  async pass(count: number): Promise<void> {
    for (let beat = 0; beat < count; beat++) {
      await this.#client.next('ping', 5_000);
      this.#client.send(['pong']);
    }
  }
}
