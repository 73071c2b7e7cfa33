import { RealtimeClient } from '@rt/client';
import { Realtime } from '@rt/core';
import { websocket } from '@rt/transport-ws';

// Who is here: members are users, the server says what others see of them, and a user may change a part of it.
// node examples/guide/presence.ts

const names = new Map([
  ['token-of-ann', 'Ann'],
  ['token-of-ben', 'Ben'],
]);

const realtime = new Realtime({
  transports: [websocket()],
  authenticate: ({ token = '' }) => {
    const name = names.get(token);
    return name === undefined ? undefined : { id: name.toLowerCase(), name };
  },
});
// The name is the server's word; the status may be the client's.
realtime.authorize('presence-room.{roomId}', ({ user, action, info }) => {
  const { status } = Object(info) as { status?: unknown };
  return { name: user?.['name'], status: action === 'update' && status === 'away' ? 'away' : 'here' };
});
const { url } = await realtime.listen({ port: 0 });

const ann = new RealtimeClient(url, { token: 'token-of-ann' });
const room = ann.subscribe('presence-room.1');
room.presence.on('joined', ({ info }) => console.log(info['name'], 'came'));
room.presence.on('updated', ({ info }) => console.log(info['name'], 'is', info['status']));
room.presence.on('left', ({ id }) => console.log(`${id} went`));
const next = (event: 'joined' | 'updated' | 'left'): Promise<void> =>
  new Promise((resolve) => {
    const off = room.presence.on(event, () => {
      off();
      resolve();
    });
  });
await room.subscribed;

const ben = new RealtimeClient(url, { token: 'token-of-ben' });
const his = ben.subscribe('presence-room.1');
await next('joined');
console.log(`here: ${(await realtime.channel('presence-room.1').members()).map(({ id }) => id).join(', ')}`);

void his.presence.update({ name: 'Ann', status: 'away' });
await next('updated');

ben.close();
await next('left');

ann.close();
await realtime.close({ drainMs: 0 });
