import { RealtimeClient } from '@rt/client';
import { expect, it, vi } from 'vitest';
import { openClient } from './open-client.ts';

it('hears what the server sends to this connection only', async () => {
  const { client, peer } = await openClient();
  const heard = new Promise((resolve) => client.direct.on('hello', resolve));
  peer.send(['direct', 'hello', { from: 'server' }]);
  expect(await heard).toEqual({ from: 'server' });
});

it('writes an error that nobody listens for to the console', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    const client = new RealtimeClient('ftp://example.com');
    await expect(client.connect()).rejects.toMatchObject({ code: 'BAD_OPTION' });
    expect(logged).toHaveBeenCalledWith(expect.objectContaining({ code: 'BAD_OPTION' }));
  } finally {
    logged.mockRestore();
  }
});

it('reports a listener of states that throws', async () => {
  const { client, errors } = await openClient();
  const cause = new Error('mine');
  client.on('state', () => {
    throw cause;
  });
  client.close();
  expect(await errors.next()).toMatchObject({ code: 'HANDLER_FAILED', cause });
});

it('writes what a listener of errors throws to the console', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    const { client, peer, errors } = await openClient();
    const cause = new Error('mine');
    client.on('error', () => {
      throw cause;
    });
    peer.send(['err', 0, 'UNSUPPORTED', 'what?']);
    await errors.next();
    expect(logged).toHaveBeenCalledWith(expect.objectContaining({ code: 'HANDLER_FAILED', cause }));
  } finally {
    logged.mockRestore();
  }
});

it('stops telling a listener that was taken off', async () => {
  const { client } = await openClient();
  const heard: string[] = [];
  const off = client.on('state', ({ state }) => heard.push(state));
  off();
  client.close();
  expect(heard).toEqual([]);
});
