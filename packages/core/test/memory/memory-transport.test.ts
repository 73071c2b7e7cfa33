import { memoryTransport, Realtime } from '@rt/core';
import type { MemoryTransport } from '@rt/core';
import { Inbox, testTransport } from '@rt/core/conformance';
import type { ForeignClient } from '@rt/core/conformance';
import { describe, expect, it, onTestFinished } from 'vitest';

/** The transport of the server that was made last: it has no address by which it could be found. */
let latest = memoryTransport();

async function connect({ webSocket }: MemoryTransport): Promise<ForeignClient> {
  const socket = new webSocket('memory:');
  const frames = new Inbox<string>();
  socket.addEventListener('message', ({ data }) => data.split('\n').forEach((frame) => frames.push(frame)));
  const closed = new Promise<{ code: number }>((resolve) => {
    socket.addEventListener('close', resolve);
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('refused')));
  });
  return {
    send: (text) => socket.send(text),
    next: () => frames.next('a frame'),
    closed,
    close: () => socket.close(),
    abort: () => socket.terminate(),
  };
}

testTransport({ describe, it, expect }, 'memory', {
  transport: () => (latest = memoryTransport()),
  connect: () => connect(latest),
});

describe('a socket of the memory transport', () => {
  /** The events of a socket, by name, in the order in which they came. */
  function watch(socket: InstanceType<MemoryTransport['webSocket']>): Inbox<unknown> {
    const events = new Inbox<unknown>();
    for (const type of ['open', 'error'] as const) socket.addEventListener(type, () => events.push(type));
    socket.addEventListener('message', ({ data }) => events.push(data));
    socket.addEventListener('close', ({ code, reason }) => events.push([code, reason]));
    return events;
  }

  async function start(options: ConstructorParameters<typeof Realtime>[0] = {}): Promise<MemoryTransport> {
    const transport = memoryTransport();
    const realtime = new Realtime({ transports: [transport], logger: false, ...options });
    onTestFinished(() => realtime.close({ drainMs: 0 }));
    await realtime.start();
    return transport;
  }

  it('throws where its transport belongs to no Realtime', () => {
    const { webSocket } = memoryTransport();
    expect(() => new webSocket('memory:')).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });

  it('ends with 1006 and the reason while the server takes no clients: before its start and after its end', async () => {
    const transport = memoryTransport();
    const realtime = new Realtime({ transports: [transport], logger: false });
    const early = watch(new transport.webSocket('memory:'));
    expect(await early.take(2, 'the refusal')).toEqual(['error', [1006, 'CLOSING']]);
    await realtime.start();
    expect(await watch(new transport.webSocket('memory:')).next('the opening')).toBe('open');
    await realtime.close({ drainMs: 0 });
    const late = watch(new transport.webSocket('memory:'));
    expect(await late.take(2, 'the refusal')).toEqual(['error', [1006, 'CLOSING']]);
  });

  it('tells nothing in the step that sends or closes, and everything in order', async () => {
    const { webSocket } = await start();
    const socket = new webSocket('memory:');
    const events = watch(socket);
    expect(await events.next('the opening')).toBe('open');
    socket.send(`["connect",1,"${'i'.repeat(22)}"]`);
    expect(String(await events.next('ready'))).toMatch(/^\["ready"/);
    socket.send('["ping"]\n["ping"]');
    expect(await events.next('the answers')).toBe('["pong"]\n["pong"]');
    socket.close(4000, 'enough');
    socket.send('["ping"]');
    socket.close(4001);
    expect(events.size).toBe(0);
    expect(await events.next('the end')).toEqual([4000, 'enough']);
  });

  it('never opens where it was closed in the step that made it', async () => {
    const { webSocket } = await start({ authenticate: () => expect.unreachable() });
    const socket = new webSocket('memory:');
    const events = watch(socket);
    socket.send(`["connect",1,"${'i'.repeat(22)}"]`);
    socket.close();
    expect(await events.next('the end')).toEqual([1000, '']);
  });

  it('shows authenticate the path and query of its url', async () => {
    const urls: string[] = [];
    const { webSocket } = await start({ authenticate: ({ request }) => void urls.push(request.url) });
    for (const url of ['memory:', 'memory:/ws?a=b', 'memory://host/path']) {
      const socket = new webSocket(url);
      const events = watch(socket);
      socket.send(`["connect",1,"${'i'.repeat(22)}"]`);
      await events.take(2, 'open and ready');
    }
    expect(urls).toEqual(['/', '/ws?a=b', '/path']);
  });
});
