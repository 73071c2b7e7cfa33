import { RealtimeClient } from '@rt/client';
import { Realtime } from '@rt/core';
import { websocket } from '@rt/transport-ws';

// Who is typing: worth nothing a moment later, so it is volatile, and limited to 30 a minute.
// node examples/guide/typing.ts

const realtime = new Realtime({
  transports: [websocket()],
  channels: { 'chat.*': { send: ['message.sent', 'typing.started'], rate: { 'typing.started': 30 } } },
});
const { url } = await realtime.listen({ port: 0 });

const [ann, ben] = [new RealtimeClient(url), new RealtimeClient(url)];
const room = ben.subscribe('chat.1');
const heard = Promise.withResolvers<void>();
room.on('typing.started', (data: { name: string }) => console.log(`${data.name} is typing…`));
room.on('message.sent', (data: { name: string; text: string }) => {
  console.log(`${data.name}: ${data.text}`);
  heard.resolve();
});
await Promise.all([room.subscribed, ann.connect()]);

await ann.send('chat.1', 'typing.started', { name: 'Ann' }, { volatile: true });
await ann.send('chat.1', 'message.sent', { name: 'Ann', text: 'done typing' });
await heard.promise;

// Only the message is kept.
const { messages } = await room.history();
console.log(`kept: ${messages.map(({ event }) => event).join(', ')}`);

ann.close();
ben.close();
await realtime.close({ drainMs: 0 });
