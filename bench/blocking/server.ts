import { context, Realtime } from '@rt/core';
import { websocket } from '@rt/transport-ws';
import { setTimeout as sleep } from 'node:timers/promises';

// The server under test: one process, with every limit at its default.
const [apiKey = '', waitMs = ''] = process.argv.slice(2);
const realtime = new Realtime({ transports: [websocket()], apiKey });

/** Waits, as for a slow database, and looks now and then whether it is still itself. */
realtime.method('wait', async ({ input, connection }) => {
  const own = context();
  const isMixed = (): boolean => context() !== own || own?.input !== input || own?.connection !== connection;
  const parts = 10;
  for (let part = 0; part < parts; part++) {
    await sleep(Number(waitMs) / parts);
    if (isMixed()) return 'mixed';
  }
  return input;
});

const { url } = await realtime.listen({ port: 0 });
process.on('disconnect', () => process.exit());
process.send!(url);
