import { defineContract, Realtime } from '@rt/core';
import type { StandardSchema } from '@rt/core';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { postBroadcast } from '../hardening/server.ts';
import { CONTRACTS, zodContract } from './contracts.ts';
import { errorOf, listen, setNodeEnv, startStage } from './stage.ts';

describe.each(CONTRACTS)('what the application sends, with %s', (_library, contract) => {
  it('rejects with INVALID_DATA that names the path, before anybody gets it', async () => {
    const { realtime, client } = await startStage(contract);
    const heard = await listen(client().subscribe('files.a.b'));
    const error = await errorOf(
      realtime.broadcast('files.a.b', 'changed', { tags: [{ name: 'x' }, { name: 1 as never }] }),
    );
    expect(error).toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('"changed" of "files.a.b": data.tags.1.name'),
      detail: { issues: [{ path: ['tags', '1', 'name'] }] },
    });
    await realtime.channel('files.*', { '*': ['a', 'b'] }).broadcast('changed', { tags: [] });
    expect(await heard.next()).toEqual(['changed', { tags: [] }]);
  });

  it('is checked on every way out', async () => {
    const { realtime, client, port } = await startStage(contract);
    const ann = client('ann');
    const inbox = await listen({
      ...ann.user,
      subscribed: ann.connect(),
      onAny: (listener) => ann.user.onAny(listener),
    });
    const bad = {} as never;
    for (const wrong of [
      realtime.sendToUser('ann', 'notification.new', bad),
      realtime.user('ann').send('notification.new', bad),
      realtime.channel('user.{id}', { id: 'ann' }).broadcast('notification.new', bad),
    ]) {
      expect(await errorOf(wrong)).toMatchObject({
        code: 'INVALID_DATA',
        message: expect.stringContaining('data.title'),
      });
    }
    const overHttp = JSON.stringify({ channel: 'user.ann', event: 'notification.new', data: {} });
    expect(await postBroadcast(port, overHttp)).toMatchObject({
      status: 422,
      body: { error: { code: 'INVALID_DATA', message: expect.stringContaining('data.title') } },
    });
    await realtime.sendToUser('ann', 'notification.new', { title: 'right' });
    expect(await inbox.next()).toEqual(['notification.new', { title: 'right' }]);
  });
});

describe('names that the contract does not have', () => {
  it('are BAD_NAME, also in production', async () => {
    for (const environment of ['test', 'production']) {
      setNodeEnv(environment);
      const { realtime, port } = await startStage(zodContract);
      await expect(realtime.broadcast('nowhere' as 'chat.1', 'typing.started', { since: 1 })).rejects.toMatchObject({
        code: 'BAD_NAME',
        message: expect.stringContaining('"nowhere"'),
      });
      await expect(realtime.broadcast('chat.lobby' as 'chat.1', 'typing.started', { since: 1 })).rejects.toMatchObject({
        code: 'BAD_NAME',
        message: expect.stringContaining('"typing.started" of "chat.lobby"'),
      });
      const body = JSON.stringify({ channel: 'chat.1', event: 'constructor', data: {} });
      expect(await postBroadcast(port, body)).toMatchObject({ status: 400, body: { error: { code: 'BAD_NAME' } } });
    }
  });
});

describe('in production', () => {
  const wrong = { since: 'now' } as never;

  it('the application’s own data goes out unchecked, and what clients send does not', async () => {
    setNodeEnv('production');
    const { realtime, client } = await startStage(zodContract);
    const heard = await listen(client().subscribe('chat.1'));
    await expect(client().send('chat.1', 'typing.started', wrong)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await realtime.broadcast('chat.1', 'typing.started', wrong);
    expect(await heard.next()).toEqual(['typing.started', wrong]);
  });

  it('validateOutgoing checks it, and over HTTP it is checked always', async () => {
    setNodeEnv('production');
    const { realtime } = await startStage(zodContract, { validateOutgoing: true });
    await expect(realtime.broadcast('chat.1', 'typing.started', wrong)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    const { port } = await startStage(zodContract);
    const body = JSON.stringify({ channel: 'chat.1', event: 'typing.started', data: wrong });
    expect(await postBroadcast(port, body)).toMatchObject({ status: 422, body: { error: { code: 'INVALID_DATA' } } });
  });

  it('what a handler relays in place of a client’s data is the application’s own', async () => {
    setNodeEnv('production');
    const { realtime, client } = await startStage(zodContract);
    realtime.handle('chat.{roomId}', 'typing.started', async (message) => {
      await message.relay(wrong);
    });
    const heard = await listen(client().subscribe('chat.1'));
    await client().send('chat.1', 'typing.started', { since: 1 });
    expect(await heard.next()).toEqual(['typing.started', wrong]);
  });
});

describe('schemas that change data', () => {
  const contract = defineContract({
    channels: {
      orders: {
        events: { placed: z.object({ amount: z.coerce.number(), note: z.string().default('none') }) },
        send: { placed: z.object({ amount: z.coerce.number(), note: z.string().trim() }) },
      },
    },
  });

  it('give handlers and listeners their output, and say so in the log, once', async () => {
    const { realtime, client, log } = await startStage(contract);
    const handled: unknown[] = [];
    realtime.handle('orders', 'placed', async (message) => {
      handled.push(message.data);
      await message.relay();
    });
    const heard = await listen(client().subscribe('orders'));
    await client().send('orders', 'placed', { amount: '3', note: ' now ' });
    expect(handled).toEqual([{ amount: 3, note: 'now' }]);
    expect(await heard.next()).toEqual(['placed', { amount: 3, note: 'now' }]);
    await realtime.broadcast('orders', 'placed', { amount: '4' });
    await realtime.broadcast('orders', 'placed', { amount: 5 });
    expect(await heard.next()).toEqual(['placed', { amount: 4, note: 'none' }]);
    expect(await heard.next()).toEqual(['placed', { amount: 5, note: 'none' }]);
    expect(log.takeAll()).toEqual([
      { message: expect.stringContaining('validateOutgoing'), details: { channel: 'orders', event: 'placed' } },
    ]);
  });

  it('say nothing where they change nothing, or where they always run', async () => {
    const { realtime, log } = await startStage(contract);
    await realtime.broadcast('orders', 'placed', { note: 'x', amount: 5 });
    const always = await startStage(contract, { validateOutgoing: true });
    await always.realtime.broadcast('orders', 'placed', { amount: 5 });
    expect([...log.takeAll(), ...always.log.takeAll()]).toEqual([]);
  });

  it('take what was left out for undefined, which JSON does not have', async () => {
    const bell = defineContract({
      channels: { bell: { events: { rung: z.undefined() }, send: { rung: z.undefined() } } },
    });
    const { realtime, client } = await startStage(bell);
    const heard = await listen(client().subscribe('bell'));
    await client().send('bell', 'rung');
    await realtime.broadcast('bell', 'rung');
    expect([await heard.next(), await heard.next()]).toEqual([
      ['rung', null],
      ['rung', null],
    ]);
  });
});

describe('defaults, transforms and asynchronous checks, whatever the library', () => {
  const later = (text: string): Promise<boolean> => Promise.resolve(text !== 'bad');
  it.each<[string, StandardSchema, StandardSchema]>([
    ['zod', z.object({ n: z.string().transform(Number), note: z.string().default('none') }), z.string().refine(later)],
    [
      'valibot',
      v.object({ n: v.pipe(v.string(), v.transform(Number)), note: v.optional(v.string(), 'none') }),
      v.pipeAsync(v.string(), v.checkAsync(later)),
    ],
    ['arktype', type({ n: 'string.numeric.parse', note: "string = 'none'" }), z.string().refine(later)],
  ])('%s', async (_library, changing, slow) => {
    const contract = defineContract({
      channels: { orders: { events: { changing, slow }, send: { changing, slow } } },
      methods: { ask: { input: changing, output: slow } },
    });
    const { realtime, client } = await startStage(contract, { validateOutgoing: true });
    realtime.method('ask', ({ input }) => JSON.stringify(input));
    const heard = await listen(client().subscribe('orders'));
    await client().send('orders', 'changing', { n: '1' });
    await realtime.broadcast('orders', 'changing', { n: '2', note: 'x' });
    await expect(client().send('orders', 'slow', 'bad')).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await client().send('orders', 'slow', 'good');
    expect([await heard.next(), await heard.next(), await heard.next()]).toEqual([
      ['changing', { n: 1, note: 'none' }],
      ['changing', { n: 2, note: 'x' }],
      ['slow', 'good'],
    ]);
    expect(await client().call('ask', { n: '3' })).toBe('{"n":3,"note":"none"}');
  });
});

describe('asynchronous schemas', () => {
  /** Says yes or no to numbers when the test does. */
  function deciding(): { readonly schema: z.ZodType<number>; decide(value: number, isFine?: boolean): void } {
    const open = new Map<number, PromiseWithResolvers<boolean>>();
    const of = (value: number): PromiseWithResolvers<boolean> => {
      const known = open.get(value) ?? Promise.withResolvers<boolean>();
      open.set(value, known);
      return known;
    };
    return {
      schema: z.number().refine((value) => of(value).promise),
      decide: (value, isFine = true) => of(value).resolve(isFine),
    };
  }

  it('are awaited, in both directions, and messages keep their order', async () => {
    const slow = deciding();
    const contract = defineContract({
      channels: {
        numbers: { events: { slow: slow.schema, fast: z.number() }, send: { slow: slow.schema, fast: z.number() } },
      },
    });
    const { realtime, client } = await startStage(contract);
    const heard = await listen(client().subscribe('numbers'));
    const sent = [
      realtime.broadcast('numbers', 'slow', 1),
      realtime.broadcast('numbers', 'slow', 2),
      realtime.broadcast('numbers', 'fast', 3),
    ];
    slow.decide(2, false);
    slow.decide(1);
    await expect(sent[1]).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await sent[2];
    const sender = client();
    const sends = [sender.send('numbers', 'slow', 4), sender.send('numbers', 'fast', 5)];
    slow.decide(4);
    await Promise.all(sends);
    const order = [await heard.next(), await heard.next(), await heard.next(), await heard.next()];
    expect(order.map(([, data]) => data)).toEqual([1, 3, 4, 5]);
  });

  it('have a time to answer', async () => {
    const never = deciding();
    const contract = defineContract({
      channels: { numbers: { events: { slow: never.schema }, send: { slow: never.schema } } },
    });
    const { realtime, client } = await startStage(contract, { limits: { decisionTimeoutMs: 50 } });
    await expect(realtime.broadcast('numbers', 'slow', 1)).rejects.toMatchObject({ code: 'DEADLINE' });
    await expect(client().send('numbers', 'slow', 1)).rejects.toMatchObject({ code: 'DEADLINE' });
  });
});

describe('a schema that fails itself', () => {
  it.each(['at once', 'later'])('is HANDLER_FAILED and logged: %s', async (when) => {
    const validate = (): Promise<never> => {
      const error = new Error('out of order');
      if (when === 'later') return Promise.reject(error);
      throw error;
    };
    const broken: StandardSchema<string> = { '~standard': { version: 1, vendor: 'none', validate } };
    const contract = defineContract({ channels: { x: { events: { y: broken }, send: { y: broken } } } });
    const { realtime, client, log } = await startStage(contract);
    await expect(realtime.broadcast('x', 'y', '')).rejects.toMatchObject({
      code: 'HANDLER_FAILED',
      cause: { message: 'out of order' },
    });
    await expect(client().send('x', 'y', '')).rejects.toMatchObject({
      code: 'HANDLER_FAILED',
      message: expect.not.stringContaining('out of order'),
    });
    expect(log.takeAll().map(({ details }) => details)).toEqual([
      { of: '"y" of "x"', error: 'Error: out of order' },
      { of: '"y" of "x"', error: 'Error: out of order' },
    ]);
  });
});

describe('the option contract', () => {
  it.each([
    ['no schema', { channels: { a: { events: { b: {} } } } }, 'contract.channels.a.events.b'],
    ['an unknown key', { channels: { a: { evnts: {} } } }, 'contract.channels.a'],
    ['no pattern', { channels: { 'a.{b': {} } }, 'a.{b'],
    ['two equal patterns', { channels: { 'a.{b}': {}, 'a.{c}': {} } }, 'match the same channels'],
    ['no event name', { channels: { a: { events: { '\n': z.string() } } } }, 'control characters'],
    ['presence where nobody is present', { channels: { a: { presence: z.object({}) } } }, 'presence-'],
    ['no schema of a method', { methods: { m: { input: 1 } } }, 'contract.methods.m.input'],
  ])('is BAD_OPTION with %s', (_what, contract, named) => {
    expect(() => new Realtime({ contract: contract as never })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(named) }),
    );
  });

  it('leaves channels as they are where it has none', async () => {
    const { realtime, client } = await startStage(defineContract({ methods: {} }));
    const heard = await listen(client().subscribe('anything'));
    await realtime.broadcast('anything', 'at-all', { any: 'data' });
    expect(await heard.next()).toEqual(['at-all', { any: 'data' }]);
  });
});
