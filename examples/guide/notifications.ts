import { RealtimeClient } from '@rt/client';
import { Realtime } from '@rt/core';
import { websocket } from '@rt/transport-ws';

// Notifications for one user, on every device, also those that come in while a device is away for a moment.
// node examples/guide/notifications.ts

const realtime = new Realtime({
  transports: [websocket()],
  authenticate: ({ token }) => (token === 'token-of-ann' ? { id: 'ann' } : undefined),
});
const { url } = await realtime.listen({ port: 0 });

const heard = Promise.withResolvers<void>();
let count = 0;
const devices = ['phone', 'laptop'].map((name) => {
  const client = new RealtimeClient(url, { token: 'token-of-ann', backoff: { baseMs: 100 } });
  client.on('error', ({ code }) => console.log(`${name} was cut off: ${code}`));
  client.user.on('notification.new', (data: { title: string }) => {
    console.log(`${name}: ${data.title}`);
    if (++count === 4) heard.resolve();
  });
  return client;
});
await Promise.all(devices.map((client) => client.connect()));
await realtime.sendToUser('ann', 'notification.new', { title: 'your order was shipped' });

// The phone loses its connection. What is sent meanwhile is there when it is back.
await realtime.disconnect({ connection: devices[0]!.connectionId! }, { code: 4000 });
await realtime.sendToUser('ann', 'notification.new', { title: 'your order has arrived' });
await heard.promise;

for (const client of devices) client.close();
await realtime.close({ drainMs: 0 });
