import type { JsonValue } from '@rt/client';
import { expect, it } from 'vitest';
import { openClient } from './open-client.ts';
import { subscribed } from './subscribed.ts';

it('reads a page with data, sender and cursors', async () => {
  const { peer, subscription, channel } = await subscribed();
  const page = subscription.history<{ text: string }>({ before: 'c9', limit: 2 });
  const frame = await peer.frame('history');
  expect(frame).toEqual(['history', frame[1], channel, { before: 'c9', limit: 2 }]);
  const messages: JsonValue[] = [
    ['m', channel, 'posted', 'c7', { text: 'a' }, ['m7', 7, 'ada']],
    ['m', channel, 'posted', 'c8', { text: 'b' }, ['m8', 8]],
  ];
  peer.send(['ok', frame[1], { messages, previous: 'c7', next: null }]);
  expect(await page).toEqual({
    messages: [
      { id: 'm7', channel, event: 'posted', at: 7, user: { id: 'ada' }, cursor: 'c7', data: { text: 'a' } },
      { id: 'm8', channel, event: 'posted', at: 8, cursor: 'c8', data: { text: 'b' } },
    ],
    previous: 'c7',
    next: null,
  });
});

it('asks for the newest 50 without options', async () => {
  const { peer, subscription } = await subscribed();
  void subscription.history().catch(() => {});
  expect((await peer.frame('history'))[3]).toEqual({ limit: 50 });
});

it('rejects with the error that the server answers', async () => {
  const { peer, subscription } = await subscribed();
  const page = subscription.history({ after: 'c1' });
  peer.send(['err', (await peer.frame('history'))[1], 'UNSUPPORTED', 'no log']);
  await expect(page).rejects.toMatchObject({ code: 'UNSUPPORTED', message: 'no log' });
});

it('waits for the confirmation, and rejects with the refusal', async () => {
  const { client, peer } = await openClient();
  const page = client.subscribe('secret').history();
  peer.send(['err', (await peer.frame('sub'))[1], 'FORBIDDEN', 'not you']);
  await expect(page).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(peer.frames.size).toBe(0);
});

it.each([0, 1001, 1.5, NaN])('refuses a limit of %d', async (limit) => {
  const { subscription } = await subscribed();
  await expect(subscription.history({ limit })).rejects.toMatchObject({ code: 'BAD_OPTION' });
});
