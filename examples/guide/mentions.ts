import { RealtimeError } from '@rt/core';
import type { Realtime } from '@rt/core';

// Mentions in a chat: who is named in a message is told, on whichever device. How it is tested:
// tests/examples/mentions.test.ts with vitest, and mentions.node.ts with node:test.

/** What clients may send. */
export const channels = { 'presence-chat.*': { send: ['message.sent'] } };

/** Adds mentions to an application's `Realtime`. */
export function installMentions(realtime: Realtime): void {
  realtime.authorize('presence-chat.{room}', ({ user }) => user && { name: user.id });
  realtime.handle('presence-chat.{room}', 'message.sent', async (message) => {
    const { text } = Object(message.data) as { text?: unknown };
    if (typeof text !== 'string') throw new RealtimeError('INVALID_DATA', 'text is missing');
    await message.relay({ text });
    const named = new Set(Array.from(text.matchAll(/@(\w+)/g), ([, name]) => name!));
    await Promise.all(
      Array.from(named, (name) => realtime.sendToUser(name, 'mentioned', { room: message.params['room'], text })),
    );
  });
}
