import { Realtime } from '@rt/core';
import { longPolling } from '@rt/transport-longpoll';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { connectFrame, RawSession } from '../../../tests/hardening/raw-session.ts';
import { clockOf } from './fast-clock.ts';

it('an answer that its client does not read is kept no longer than the session', async () => {
  const server = createServer();
  const realtime = new Realtime({
    transports: [longPolling()],
    clock: clockOf(2),
    logger: false,
    // More than the system takes for a socket that nobody reads.
    limits: { maxMessageBytes: 20_000_000, maxQueuedBytes: 100_000_000 },
  });
  onTestFinished(async () => {
    await realtime.close({ drainMs: 0 });
    server.close();
  });
  await realtime.attach(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const session = await RawSession.open(`http://127.0.0.1:${port}/realtime`, connectFrame(null, 'news'));
  const sequence = await session.subscribed();
  const accepted = once(server, 'connection');
  const client = connect(port, '127.0.0.1').pause();
  onTestFinished(() => void client.destroy());
  const [socket] = (await accepted) as [Socket];
  const closed = once(socket, 'close');
  const headers = `rt-session: ${session.secret}\r\nrt-sequence: ${sequence}\r\ncontent-length: 0`;
  await realtime.broadcast('news', 'large', 'x'.repeat(16_000_000));
  client.write(`POST /realtime/poll HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n`);
  await closed;
  expect(socket.bytesWritten).toBeGreaterThan(1_000_000);
});
