import type { RealtimeError } from '@rt/client';
import { CheckedClient } from '@rt/client/checks';
import { defineContract } from '@rt/core';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { Inbox } from '../hardening/inbox.ts';
import { TOKENS } from '../permissions/people.ts';
import { CONTRACTS, zodContract } from './contracts.ts';
import { listen, setNodeEnv, startStage } from './stage.ts';
import type { Stage } from './stage.ts';

type C = typeof zodContract;

/** A client that checks, of a server that lets everything out, and what it reports. */
async function startChecked(
  contract: C,
): Promise<Stage<C> & { checked: CheckedClient<C>; errors: Inbox<RealtimeError> }> {
  setNodeEnv('production');
  const stage = await startStage(contract);
  const checked = new CheckedClient(`http://127.0.0.1:${stage.port}`, contract, { token: TOKENS.ann ?? '' });
  onTestFinished(() => checked.close());
  const errors = new Inbox<RealtimeError>();
  checked.on('error', (error) => errors.push(error));
  return { ...stage, checked, errors };
}

describe.each(CONTRACTS)('a client that checks, with %s', (_library, contract) => {
  it('gives listeners nothing but what the contract says, and reports the rest', async () => {
    const { realtime, checked, errors } = await startChecked(contract);
    const room = checked.channel('chat.{roomId}', { roomId: 1 });
    const heard = await listen(room);
    const texts = new Inbox<string>();
    const listener = (data: { text: string }): void => texts.push(data.text);
    room.on('message.sent', listener);
    await realtime.broadcast('chat.1', 'message.sent', { id: '1', text: 7 as never });
    await realtime.broadcast('chat.1', 'message.sent', { id: '2', text: 'right' });
    expect(await heard.next()).toEqual(['message.sent', { id: '2', text: 'right' }]);
    expect(texts.takeAll()).toEqual(['right']);
    const wrong = { code: 'INVALID_DATA', message: expect.stringContaining('"message.sent" of "chat.1": data.text') };
    expect(errors.takeAll()).toEqual([
      expect.objectContaining({ code: 'HANDLER_FAILED', cause: expect.objectContaining(wrong) }),
      expect.objectContaining({ code: 'HANDLER_FAILED', cause: expect.objectContaining(wrong) }),
    ]);
    await expect(room.history()).rejects.toMatchObject(wrong);
    room.off('message.sent', listener);
    await realtime.broadcast('chat.1', 'message.sent', { id: '3', text: 'unheard' });
    await heard.next();
    expect(texts.size).toBe(0);
  });

  it('sends nothing that the contract does not say, without asking the server', async () => {
    const { checked } = await startChecked(contract);
    const room = checked.subscribe('chat.1');
    checked.close();
    const wrong = { code: 'INVALID_DATA', message: expect.stringContaining('data.text') };
    await expect(room.send('message.sent', { text: 1 as never })).rejects.toMatchObject(wrong);
    await expect(checked.send('chat.1', 'message.sent', {} as never)).rejects.toMatchObject(wrong);
    await expect(room.send('toString' as 'message.sent', { text: '' })).rejects.toMatchObject({ code: 'BAD_NAME' });
    expect(() => checked.subscribe('nowhere' as 'chat.1')).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
  });
});

it('checks the user’s own messages, and is one client with one subscription a channel', async () => {
  const { realtime, checked, errors } = await startChecked(zodContract);
  const titles = new Inbox<string>();
  checked.user.on('notification.new', ({ title }) => titles.push(title));
  await checked.connect();
  await realtime.sendToUser('ann', 'notification.new', {} as never);
  await realtime.sendToUser('ann', 'notification.new', { title: 'right' });
  expect(await titles.next()).toBe('right');
  expect(errors.takeAll().map(({ cause }) => (cause as RealtimeError).code)).toEqual(['INVALID_DATA']);
  expect(checked.subscribe('chat.1')).toBe(checked.channel('chat.{roomId}', { roomId: 1 }));
  expectTypeOf(checked.subscribe('chat.lobby').channel).toEqualTypeOf<string>();
});

it('checks what it gives to methods before it asks, and what they answer', async () => {
  setNodeEnv('production');
  const contract = defineContract({
    methods: {
      half: { input: z.object({ n: z.number() }), output: z.number() },
      any: {},
      none: { output: z.undefined() },
    },
  });
  const { realtime, port } = await startStage(contract);
  const called: unknown[] = [];
  realtime.method('half', ({ input }) => {
    called.push(input);
    return input.n % 2 === 0 ? input.n / 2 : ('odd' as never);
  });
  realtime.method('any', ({ input }) => input);
  realtime.method('none', () => undefined);
  const checked = new CheckedClient(`http://127.0.0.1:${port}`, contract);
  onTestFinished(() => checked.close());
  const wrong = { code: 'INVALID_DATA', message: expect.stringContaining('"half": data.n') };
  await expect(checked.call('half', { n: 'x' as never })).rejects.toMatchObject(wrong);
  await expect(checked.call('toString' as 'any')).rejects.toMatchObject({ code: 'BAD_NAME' });
  await expect(checked.call('half', { n: 3 })).rejects.toMatchObject({
    code: 'HANDLER_FAILED',
    cause: { code: 'INVALID_DATA' },
  });
  expect([await checked.call('half', { n: 4 }), await checked.call('any', [1])]).toEqual([2, [1]]);
  expect(await checked.call('none')).toBeUndefined();
  expect(called).toEqual([{ n: 3 }, { n: 4 }]);
});
