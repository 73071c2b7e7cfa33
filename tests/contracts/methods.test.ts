import { RealtimeClient } from '@rt/client';
import { defineContract, Realtime } from '@rt/core';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { errorOf, startStage } from './stage.ts';

const contract = defineContract({
  methods: {
    'rooms.search': {
      input: z.object({ q: z.string().trim(), limit: z.number().default(10) }),
      output: z.array(z.object({ id: z.string(), at: z.coerce.string() })),
    },
    ping: {},
    bell: { input: z.undefined(), output: z.undefined() },
  },
});

/** For the compiler; what is in it is never called. */
const only = (_compiled: () => void): void => undefined;

describe('the types of methods', () => {
  const client = new RealtimeClient<typeof contract>('http://localhost');
  const realtime = new Realtime({ contract, logger: false });

  it('are those of the contract, on both sides', () => {
    only(() => {
      realtime.method('rooms.search', ({ input }) => {
        expectTypeOf(input).toEqualTypeOf<{ q: string; limit: number }>();
        return [{ id: input.q, at: 7 }];
      });
      realtime.method('ping', ({ input }) => expectTypeOf(input).toEqualTypeOf<unknown>());
      const answer = client.call('rooms.search', { q: 'x' }, { timeoutMs: 5, idempotent: true });
      expectTypeOf(answer).toEqualTypeOf<Promise<{ id: string; at: string }[]>>();
      expectTypeOf(client.call('ping')).toEqualTypeOf<Promise<unknown>>();
      expectTypeOf(client.call('bell')).toEqualTypeOf<Promise<undefined>>();
    });
  });

  it('refuse what the contract does not have', () => {
    only(() => {
      // @ts-expect-error -- no such method
      realtime.method('rooms.find', () => []);
      // @ts-expect-error -- another output
      realtime.method('rooms.search', () => [{ name: 'x' }]);
      // @ts-expect-error -- another output, later
      realtime.method('rooms.search', async () => 7);
      // @ts-expect-error -- no such method
      void client.call('rooms.find', {});
      // @ts-expect-error -- another input
      void client.call('rooms.search', { q: 7 });
      // @ts-expect-error -- no input
      void client.call('rooms.search');
      // @ts-expect-error -- no such option
      void client.call('ping', null, { retries: 7 });
    });
  });

  it('are open without a contract, or with one that has only channels', () => {
    only(() => {
      const open = new RealtimeClient('http://localhost');
      expectTypeOf(open.call('whatever', { a: 1 })).toEqualTypeOf<Promise<unknown>>();
      new Realtime().method('whatever', ({ input }) => expectTypeOf(input).toEqualTypeOf<unknown>());
      const half = defineContract({ channels: { news: {} } });
      expectTypeOf(new RealtimeClient<typeof half>('http://localhost').call('x')).toEqualTypeOf<Promise<unknown>>();
    });
  });
});

describe('methods of a contract, from client to server and back', () => {
  it('give and get what the schemas made of it', async () => {
    const { realtime, client } = await startStage(contract);
    realtime.method('rooms.search', ({ input }) => [{ id: `${input.q} ${input.limit}`, at: 7 }]);
    realtime.method('bell', ({ input }) => input);
    const ann = client('ann');
    expect(await ann.call('rooms.search', { q: ' kitchen ' })).toEqual([{ id: 'kitchen 10', at: '7' }]);
    expect(await ann.call('bell')).toBeUndefined();
  });

  it('refuse another input with where it is wrong, before the method runs', async () => {
    const { realtime, client } = await startStage(contract);
    realtime.method('rooms.search', () => expect.unreachable());
    const ann = client('ann');
    const error = await errorOf(ann.call('rooms.search', { q: 'x', limit: 'many' } as never));
    expect(error).toMatchObject({ code: 'INVALID_DATA', detail: { issues: [{ path: ['limit'] }] } });
    expect(error.message).toContain('limit');
  });

  it('tell nobody but the log of another output', async () => {
    const { realtime, client, log } = await startStage(contract);
    realtime.method('rooms.search', () => [{ id: 7 }] as never);
    expect(await errorOf(client('ann').call('rooms.search', { q: 'x' }))).toMatchObject({ code: 'HANDLER_FAILED' });
    const line = await log.next('the line', ({ message }) => message === 'the answer of a method failed');
    expect(line.details).toMatchObject({ method: 'rooms.search', error: expect.stringContaining('0.id') });
  });
});
