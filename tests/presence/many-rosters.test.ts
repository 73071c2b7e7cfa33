import { RealtimeClient } from '@rt/client';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { randomName } from '../hardening/raw-client.ts';
import { startServer } from '../hardening/server.ts';

it('a client with 60 channels whose rosters are 200 KB each knows all members, and its connection is not cut', async () => {
  const { realtime, url } = await startServer({
    authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
    limits: { messageBurst: 1_000 },
  });
  const text = 'x'.repeat(200_000);
  realtime.authorize('presence-*', ({ user }) => (user?.id === 'ann' ? {} : { text }));
  const channels = Array.from({ length: 60 }, () => randomName('presence-'));
  const ends: string[] = [];
  realtime.on('disconnected', ({ reason }) => ends.push(reason));
  for (const token of ['bob', 'ann']) {
    const client = new RealtimeClient(url, { token, webSocket: WebSocket });
    onTestFinished(() => client.close());
    const subscriptions = channels.map((channel) => client.subscribe(channel));
    await Promise.all(subscriptions.map(({ subscribed }) => subscribed));
    for (const { presence } of subscriptions) expect(presence.members.map(({ id }) => id)).toContain('bob');
  }
  expect(ends).toEqual([]);
});
