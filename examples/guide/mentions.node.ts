// oxlint-disable typescript/no-floating-promises -- node:test waits for its tests by itself
import { RealtimeClient } from '@rt/client';
import { expectRealtime, fakeRealtime } from '@rt/core/testing';
import { rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { channels, installMentions } from './mentions.ts';

// node --test examples/guide/mentions.node.ts

test('everybody who is named is told once', async () => {
  await using realtime = fakeRealtime({ channels });
  installMentions(realtime);
  const ben = await realtime.connect(RealtimeClient, 'ben');
  await ben.send('presence-chat.1', 'message.sent', { text: '@ann, @eve and @ann' });

  expectRealtime(realtime).toHaveBroadcast('presence-chat.1', 'message.sent');
  expectRealtime(realtime).toHaveSentToUser('ann', 'mentioned', { room: '1' });
  expectRealtime(realtime).toHaveSentToUser('eve', 'mentioned', { room: '1' });
  expectRealtime(realtime).not.toHaveSentToUser('ben');
});

test('a message without text is refused and goes to nobody', async () => {
  await using realtime = fakeRealtime({ channels });
  installMentions(realtime);
  const ben = await realtime.connect(RealtimeClient, 'ben');

  await rejects(ben.send('presence-chat.1', 'message.sent', {}), { code: 'INVALID_DATA' });
  expectRealtime(realtime).not.toHaveBroadcast('presence-chat.1');
});
