import { Inbox } from '@rt/core/conformance';
import type { ForeignClient } from '@rt/core/conformance';
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A client made of `ws` alone. */
export async function connectWithWs(baseUrl: string): Promise<ForeignClient> {
  const ws = new WebSocket(`${baseUrl.replace(/^http/, 'ws')}/ws`, 'rt.v1');
  const frames = new Inbox<string>();
  ws.on('message', (data: Buffer) =>
    data
      .toString()
      .split('\n')
      .forEach((frame) => frames.push(frame)),
  );
  ws.on('error', () => undefined);
  const closed = new Promise<{ code: number }>((resolve) => {
    ws.once('close', (code) => resolve({ code }));
  });
  await once(ws, 'open');
  return {
    send: (text) => ws.send(text),
    sendBytes: (bytes) => ws.send(bytes),
    next: () => frames.next('a frame'),
    closed,
    close: () => ws.close(1000),
    abort: () => ws.terminate(),
  };
}
