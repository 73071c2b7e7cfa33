import { Inbox } from '@rt/core/conformance';
import { redisBroker } from '@rt/broker-redis';
import type { Broker, LifecycleEvents } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomName } from '../hardening/raw-client.ts';
import { connectFrame, RawSession } from '../hardening/raw-session.ts';
import type { Answer } from '../hardening/raw-session.ts';
import { startRedis } from '../servers/redis.ts';
import { startNode } from './fleet.ts';
import type { Node } from './fleet.ts';
import { startNodeProcess } from './node-child.ts';
import { randomSpace, services } from './service.ts';
import type { Service } from './service.ts';

/** Far above the time after which a node is taken for dead. */
const NOTICED_MS = 20_000;

const base = ({ url }: { readonly url: string }): string => `${url}/realtime`;

/** The number of the last answer. */
const numberOf = ({ headers }: Answer, before: number): number => Number(headers.get('rt-sequence') ?? before);

const KINDS = ['memory', 'redis', 'nats'];
const running = new Map<string, Service>();

beforeAll(async () => {
  for (const kind of KINDS) running.set(kind, await services[kind]!());
});

afterAll(async () => {
  await Promise.all(Array.from(running.values(), (service) => service.stop()));
});

/** Two nodes over a broker of this kind. */
async function twoOver(kind: string): Promise<[Node, Node]> {
  const space = randomSpace();
  const start = (): Promise<Node> => startNode(running.get(kind)!.broker(space), { transports: [longPolling()] });
  return [await start(), await start()];
}

describe.each(KINDS)('a session of one node, asked for at another, over %s', (kind) => {
  const two = (): Promise<[Node, Node]> => twoOver(kind);

  it('gets polls and posts spread over both, in order, and loses nothing', async () => {
    const [a, b] = await two();
    const channel = randomName();
    const session = await RawSession.open(base(a), connectFrame('ann', channel));
    const ways = [session.by(base(b)), session];
    const got: unknown[] = [];
    // What is published before is for nobody.
    let sequence = await session.subscribed();
    const follow = async (): Promise<void> => {
      for (let turn = 0; got.length < 60; turn++) {
        const answer = await ways[turn % 2]!.poll(sequence);
        sequence = numberOf(answer, sequence);
        got.push(
          ...answer.frames.filter(([type]) => type === 'm' || type === 'ok').map((frame) => frame[4] ?? frame[0]),
        );
      }
    };
    const following = follow();
    for (let n = 1; n <= 30; n++) {
      expect((await ways[n % 2]!.post(n, ['send', n, 'elsewhere', 'said', n])).status).toBe(204);
      await (n % 3 === 0 ? a : b).realtime.broadcast(channel, 'tick', n);
    }
    await following;
    expect(got.filter((data) => data === 'ok')).toHaveLength(30);
    expect(got.filter((data) => data !== 'ok')).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
  });

  it('answers a poll that waits there as soon as there is something, and an older one with nothing', async () => {
    const [a, b] = await two();
    const session = await RawSession.open(base(a), connectFrame());
    const older = session.by(base(b)).poll(1);
    await session.by(base(b)).post(1, ['ping']);
    const pong = await older;
    expect(pong.frames).toEqual([['pong']]);
    const both = [session.by(base(b)).poll(2), session.poll(2)];
    expect((await Promise.race(both)).status).toBe(204);
    await b.realtime.send(session.id, 'hello');
    const answers = await Promise.all(both);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 204]));
    expect(answers.flatMap(({ frames }) => frames)).toEqual([['direct', 'hello', null]]);
  });

  it('is answered at once there where a poll may not wait', async () => {
    const [a, b] = await two();
    const session = await RawSession.open(base(a), connectFrame());
    const startedAt = performance.now();
    const poll = (): Promise<Answer> => session.by(base(b)).poll(1, { headers: { 'rt-wait': '0' } });
    expect((await poll()).status).toBe(204);
    // Others wait for 25 s.
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    await a.realtime.send(session.id, 'hello');
    expect((await poll()).frames).toEqual([['direct', 'hello', null]]);
  });

  it('repeats an answer that was lost, byte for byte, whichever node is asked', async () => {
    const [a, b] = await two();
    const session = await RawSession.open(base(a), connectFrame());
    await a.realtime.send(session.id, 'é "漢" \\', { text: 'a\nb\u2028' });
    const answers = [await session.by(base(b)).poll(1), await session.poll(1), await session.by(base(b)).poll(1)];
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.map(({ headers }) => headers.get('rt-sequence'))).toEqual(['2', '2', '2']);
    expect(answers[0]!.frames).toEqual([['direct', 'é "漢" \\', { text: 'a\nb\u2028' }]]);
  });

  it('carries an answer as large as a message may be', async () => {
    const [a, b] = await two();
    const session = await RawSession.open(base(a), connectFrame());
    const data = '"'.repeat(130_000);
    await b.realtime.send(session.id, 'large', data);
    expect((await session.by(base(b)).poll(1)).frames).toEqual([['direct', 'large', data]]);
  });

  it('W4: is refused to who can’t prove that it is theirs, and unknown where nobody has it', async () => {
    const [a, b] = await two();
    const [session, other] = [
      await RawSession.open(base(a), connectFrame()),
      await RawSession.open(base(b), connectFrame()),
    ];
    const by = session.by(base(b));
    const [node] = session.id.split('.');
    for (const [secret, status, code] of [
      [session.id, 403, 'FORBIDDEN'],
      [`${session.id}.${other.secret.split('.')[2]}`, 403, 'FORBIDDEN'],
      [`${node}.nobody.${session.secret.split('.')[2]}`, 410, 'UNKNOWN_SESSION'],
      [`nowhere.nobody.x`, 410, 'UNKNOWN_SESSION'],
    ] as const) {
      for (const answer of [
        await by.poll(1, { headers: { 'rt-session': secret } }),
        await by.postText(1, '["ping"]', { 'rt-session': secret }),
        await by.leave(secret),
      ]) {
        expect([answer.status, answer.code], secret).toEqual([status, code]);
      }
    }
  });

  it('ends there too: by its client, by too large a post, and with its node', async () => {
    const [a, b] = await two();
    const ends = new Inbox<LifecycleEvents['disconnected']>();
    a.realtime.on('disconnected', (event) => ends.push(event));
    const [polite, greedy, last] = [
      await RawSession.open(base(a), connectFrame()),
      await RawSession.open(base(a), connectFrame()),
      await RawSession.open(base(a), connectFrame()),
    ];
    expect((await polite.by(base(b)).leave()).status).toBe(204);
    expect(await ends.next('the polite end')).toMatchObject({ code: 1000, connection: { id: polite.id } });
    const refused = await greedy.by(base(b)).postText(1, 'x'.repeat(64 * 1024 + 1));
    expect([refused.status, refused.code]).toEqual([413, 'TOO_LARGE']);
    expect((await greedy.by(base(b)).poll(1)).headers.get('rt-close')).toBe('1009');
    await ends.next('the greedy end');
    const polls = [last.by(base(b)).poll(1), last.by(base(b)).poll(1)];
    // The older was answered with nothing, so the newer is there.
    await Promise.race(polls);
    await a.realtime.close({ drainMs: 0 });
    expect((await Promise.all(polls)).map(({ headers }) => headers.get('rt-close'))).toContain('4200');
    const late = await last.by(base(b)).post(1, ['ping']);
    expect([late.status, late.code]).toEqual([410, 'UNKNOWN_SESSION']);
  });
});

it('a session ends also when its client went while its poll waited at another node', async () => {
  // All at once: a client may be away for 10 s.
  await Promise.all(
    KINDS.map(async (kind) => {
      const [a, b] = await twoOver(kind);
      const ends = new Inbox<LifecycleEvents['disconnected']>();
      a.realtime.on('disconnected', (event) => ends.push(event));
      const session = await RawSession.open(base(a), connectFrame());
      const gone = [new AbortController(), new AbortController()];
      const polls = gone.map(async ({ signal }, index) => {
        await session.by(base(b)).poll(1, { signal });
        return index;
      });
      // The older was answered, so the newer waits at the other node.
      const newer = 1 - (await Promise.race(polls));
      gone[newer]!.abort();
      await expect(polls[newer]).rejects.toMatchObject({ name: 'AbortError' });
      // A poll is held for 25 s: one that was not called off would keep the session.
      expect((await ends.next('the end', 18_000)).code, kind).toBe(1006);
    }),
  );
});

it('W11: a session’s secret is told to no other node', async () => {
  const service = running.get('memory')!;
  const space = randomSpace();
  const said: string[] = [];
  const spied = (): Broker => {
    const broker = service.broker(space);
    const publish = broker.publish.bind(broker);
    broker.publish = (work) => {
      said.push(...work.flatMap(({ texts }) => texts));
      return publish(work);
    };
    return broker;
  };
  const [a, b] = [
    await startNode(spied(), { transports: [longPolling()] }),
    await startNode(spied(), { transports: [longPolling()] }),
  ];
  const session = await RawSession.open(base(a), connectFrame());
  await session.by(base(b)).post(1, ['ping']);
  expect((await session.by(base(b)).poll(1)).frames).toEqual([['pong']]);
  expect(said.filter((text) => text.includes('"post"'))).toHaveLength(1);
  const [, , secret = ''] = session.secret.split('.');
  expect(secret).toHaveLength(32);
  expect(said.filter((text) => text.includes(secret))).toEqual([]);
});

it(
  'a session whose node was killed is unknown to those that live, and a poll that waits is told so',
  async () => {
    await using redis = await startRedis();
    const namespace = randomSpace();
    const owner = await startNodeProcess({ brokerUrl: redis.url, namespace });
    const b = await startNode(redisBroker({ url: redis.url, namespace }), { transports: [longPolling()] });
    const session = await RawSession.open(base(owner), connectFrame());
    await session.by(base(b)).post(1, ['ping']);
    expect((await session.by(base(b)).poll(1)).frames).toEqual([['pong']]);
    const waiting = session.by(base(b)).poll(2);
    await owner.kill();
    const told = await waiting;
    expect([told.status, told.code]).toEqual([410, 'UNKNOWN_SESSION']);
    const post = await session.by(base(b)).post(2, ['ping']);
    expect([post.status, post.code]).toEqual([410, 'UNKNOWN_SESSION']);
  },
  NOTICED_MS + 20_000,
);
