import { RealtimeClient } from '@rt/client';
import { Realtime } from '@rt/core';
import type { User } from '@rt/core';
import { websocket } from '@rt/transport-ws';

// A private chat room: only members may listen and write, and the server checks every message.
// node examples/guide/chat-room.ts

const users = new Map<string, User>([
  ['token-of-ann', { id: 'ann' }],
  ['token-of-ben', { id: 'ben' }],
  ['token-of-eve', { id: 'eve' }],
]);
const members = new Map([['42', new Set(['ann', 'ben'])]]);

const realtime = new Realtime({
  transports: [websocket()],
  authenticate: ({ token }) => users.get(token ?? ''),
  channels: { 'private-chat.*': { send: ['message.sent'] } },
});
realtime.authorize('private-chat.{chatId}', ({ user, params }) => members.get(params.chatId)?.has(user?.id ?? ''));
realtime.handle('private-chat.{chatId}', 'message.sent', async (message) => {
  const { text } = Object(message.data) as { text?: unknown };
  // What a client sends is checked before anybody else gets it.
  if (typeof text === 'string' && text.trim() !== '') await message.relay({ text: text.trim() });
});
const { url } = await realtime.listen({ port: 0 });

const [ann, ben, eve] = ['ann', 'ben', 'eve'].map((name) => new RealtimeClient(url, { token: `token-of-${name}` }));
const heard = Promise.withResolvers<void>();
const room = ben!.subscribe('private-chat.42');
room.on('message.sent', (data: { text: string }, message) => {
  console.log(`ben hears ${message.user?.id}: ${data.text}`);
  heard.resolve();
});
await room.subscribed;

eve!.on('error', (error) => console.log(`eve is refused: ${error.code}`));
await eve!.subscribe('private-chat.42').subscribed.catch(() => undefined);

await ann!.send('private-chat.42', 'message.sent', { text: '  hello  ' });
await heard.promise;

for (const client of [ann, ben, eve]) client!.close();
await realtime.close({ drainMs: 0 });
