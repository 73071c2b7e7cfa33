import { afterAll, describe, expect, it } from 'vitest';
import { Doctor, lost, RESTART } from './doctor.ts';
import { ProjectFolder } from './project-folder.ts';
import { endAll } from './rt-process.ts';

const folder = new ProjectFolder({
  // Brokers that look well and are not: each breaks one promise.
  'liars.config.ts': `import { memoryBroker, MemoryBus } from '@rt/core';
    const bus = new MemoryBus();
    const liar = (change) => () => {
      const broker = memoryBroker({ bus });
      const { log } = broker;
      return {
        name: 'redis',
        log: {
          append: (work) => log.append(work),
          follow: (channel, sink) => log.follow(channel, sink),
          unfollow: (channel) => log.unfollow(channel),
          read: (channel, page) => log.read(channel, page),
          ...change.log?.(log),
        },
        start: (events) => broker.start(change.events?.(events) ?? events),
        ...Object.fromEntries(['subscribe', 'unsubscribe', 'publish', 'health', 'close'].map((method) =>
          [method, (...args) => broker[method](...args)])),
      };
    };
    export default {
      defaultBroker: 'honest',
      brokers: {
        honest: liar({}),
        forgetsIds: liar({ log: (log) => ({
          append: (work) => log.append(work.map((part) => ({
            ...part, entries: part.entries.map(({ text }) => ({ text })) }))),
        }) }),
        changesOrder: liar({ log: (log) => ({
          follow: (channel, sink) => log.follow(channel, { ...sink, entries(batch) {
            if (Math.random() < 0.5) sink.entries(batch); else setTimeout(() => sink.entries(batch), 1);
          } }),
        }) }),
        swapsTexts: liar({ events: (events) => ({
          ...events, message: (channel, texts) => events.message(channel, texts.toReversed()) }) }),
        readsNothing: liar({ log: (log) => ({
          read: async (channel, page) => ({ ...(await log.read(channel, page)), entries: [] }),
        }) }),
        mute: liar({ log: () => ({ append: () => new Promise(() => undefined) }) }),
      },
    };`,
});
const doctor = new Doctor(folder);

// The tests run at the same time: not after each.
afterAll(async () => {
  await endAll();
  folder.remove();
});

describe.concurrent('rt doctor', () => {
  it('says that memory and null promise nothing beyond this process', async () => {
    const memory = await doctor.diagnosed([]);
    expect(memory.broker).toBe('memory: this process only');
    expect(lost(memory)).toEqual([
      'a message goes to another node',
      'a client comes to another node',
      'a node is stopped or dies',
      RESTART,
    ]);
    expect(memory.findings).toMatchObject([
      { severity: 'problem', remedy: expect.stringContaining('--broker') as string },
    ]);
    const none = await doctor.diagnosed(['--broker=null']);
    expect(lost(none)).toEqual(['a message goes to another node', 'a client comes back']);
    expect(none.findings).toHaveLength(1);
    expect([memory.roundTrips, none.roundTrips]).toEqual([{}, {}]);
  });

  it.each([
    ['honest', []],
    ['forgetsIds', ['a message is published twice']],
    ['changesOrder', ['two publish at the same time']],
    ['swapsTexts', ['a message goes to another node']],
    [
      'readsNothing',
      [
        "a client's connection drops",
        'a client comes to another node',
        'two publish at the same time',
        'a message is published twice',
        'a node is stopped or dies',
      ],
    ],
  ])('finds out by trying, whatever a broker calls itself: %s', async (name, events) => {
    const diagnosis = await doctor.diagnosed(['--config=liars.config.ts', `--broker=${name}`]);
    expect(lost(diagnosis)).toEqual(events);
  });

  it('ends in time although a broker does not answer', async () => {
    const { ok, survives, roundTrips } = await doctor.diagnosed(['--config=liars.config.ts', '--broker=mute']);
    expect(survives.map(({ outcome, detail }) => `${outcome}: ${detail}`)).toEqual([
      'kept: in order',
      'lost: no answer within 10 s',
      ...Array.from({ length: 4 }, () => 'unknown: not tried'),
    ]);
    expect([ok, Object.keys(roundTrips)]).toEqual([false, ['bus']]);
  });

  it.each([
    [['--broker=nobody'], {}, /^there is no broker "nobody": use .*\n$/],
    [['--broker=redis'], { REDIS_PORT: 'x' }, /^REDIS_PORT is "x": .*\n$/],
    [['--config=gone.ts'], {}, /^there is no config file gone\.ts: .*\n$/],
    [['--nothing'], {}, /unknown option '--nothing'; see "rt doctor --help"\n$/],
  ] as const)('takes %j for a mistake of the one who asks', async (args, env, line) => {
    const { code, stdout, stderr } = await doctor.run(args, env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(line);
  });
});
