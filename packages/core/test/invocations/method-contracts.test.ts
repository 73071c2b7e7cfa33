import { defineContract, Realtime } from '@rt/core';
import type { RealtimeOptions } from '@rt/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { settle } from '../presence/room.ts';
import { setStage } from './stage.ts';

const contract = defineContract({
  methods: {
    'rooms.search': {
      input: z.object({ q: z.string().trim() }),
      output: z.array(z.object({ id: z.string() })),
    },
    slow: { input: z.string().refine(() => new Promise<boolean>(() => undefined)) },
    failing: {
      input: z.string().refine(() => {
        throw new Error('the database is away');
      }),
    },
    free: {},
  },
});

const options = { contract } as unknown as RealtimeOptions;

describe('a method of a contract', () => {
  it('gets what its schema made of the input, and so does what is around it', async () => {
    const { realtime, client } = await setStage(options);
    const seen: unknown[] = [];
    realtime.use((invocation, next) => {
      seen.push(invocation.input);
      return next();
    });
    realtime.method('rooms.search', ({ input }) => [{ id: (input as { q: string }).q, secret: 'x' }]);
    const ann = await client();
    ann.send(['call', 1, 'rooms.search', { q: ' kitchen ', extra: 1 }]);
    // The answer as well is what its schema makes of it.
    expect(await ann.next()).toEqual(['ok', 1, [{ id: 'kitchen' }]]);
    expect(seen).toEqual([{ q: 'kitchen' }]);
  });

  it('never runs with another input: the caller is told where it is wrong', async () => {
    const { realtime, client, lines } = await setStage(options);
    let runs = 0;
    realtime.method('rooms.search', () => void runs++);
    const ann = await client();
    ann.send(['call', 1, 'rooms.search', { q: 7 }]);
    const [type, n, code, message, detail] = await ann.next();
    expect([type, n, code, message]).toEqual(['err', 1, 'INVALID_DATA', expect.stringContaining('data.q')]);
    expect(detail).toMatchObject({ issues: [{ path: ['q'] }] });
    expect([runs, lines]).toEqual([0, []]);
  });

  it('has failed where it answers something else', async () => {
    const { realtime, client, lines } = await setStage(options);
    realtime.method('rooms.search', () => [{ id: 7 }]);
    const ann = await client();
    ann.send(['call', 1, 'rooms.search', { q: '' }]);
    expect(await ann.next()).toEqual(['err', 1, 'HANDLER_FAILED', 'the method failed']);
    expect(lines).toMatchObject([
      ['error', 'the answer of a method failed', { error: expect.stringContaining('0.id') }],
    ]);
  });

  it('may take and answer anything where the contract leaves that open', async () => {
    const { realtime, client } = await setStage(options);
    realtime.method('free', ({ input }) => input);
    const ann = await client();
    ann.send(['call', 1, 'free', [1]]);
    expect(await ann.next()).toEqual(['ok', 1, [1]]);
  });

  it('is within its time together with its schemas, and hears nothing of a schema that fails', async () => {
    const { realtime, client, wait, lines } = await setStage(options);
    for (const name of ['slow', 'failing']) realtime.method(name, () => expect.unreachable());
    const ann = await client();
    ann.send(['call', 1, 'slow', 'x']);
    await settle();
    await wait(30_000);
    expect((await ann.next()).slice(0, 3)).toEqual(['err', 1, 'DEADLINE']);
    ann.send(['call', 2, 'failing', 'x']);
    expect((await ann.next()).slice(0, 3)).toEqual(['err', 2, 'HANDLER_FAILED']);
    expect(lines.map(([, message]) => message)).toEqual(['a method failed', 'a schema of the contract failed']);
  });

  it('has a name that is in the contract', async () => {
    const { realtime } = await setStage(options);
    expect(() => realtime.method('rooms.find', () => null)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: 'the contract has no method "rooms.find"' }),
    );
    expect(() => new Realtime({ contract: { methods: { 'a\nb': {} } } })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
  });

  it('does not begin any more where it was taken back while its input was checked', async () => {
    const looked = Promise.withResolvers<boolean>();
    const { realtime, client } = await setStage({
      contract: { methods: { slow: { input: z.string().refine(() => looked.promise) } } },
    });
    let runs = 0;
    realtime.method('slow', () => void runs++);
    const ann = await client();
    ann.send(['call', 1, 'slow', 'x'], ['cancel', 1]);
    expect((await ann.next()).slice(0, 3)).toEqual(['err', 1, 'CANCELLED']);
    looked.resolve(true);
    await settle();
    expect(runs).toBe(0);
  });

  it('is not checked in production, as to what it answers, unless validateOutgoing says so', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    onTestFinished(() => {
      process.env['NODE_ENV'] = before;
    });
    for (const [validateOutgoing, answer] of [
      [false, ['ok', 1, 'anything']],
      [true, ['err', 1, 'HANDLER_FAILED', 'the method failed']],
    ] as const) {
      const { realtime, client } = await setStage({ ...options, validateOutgoing });
      realtime.method('rooms.search', () => 'anything');
      const ann = await client();
      ann.send(['call', 1, 'rooms.search', { q: '' }]);
      expect(await ann.next()).toEqual(answer);
    }
  });
});
