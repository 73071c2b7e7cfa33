import { RealtimeClient } from '@rt/client';
import type { ClientOptions, RealtimeError, StateChange } from '@rt/client';
import { onTestFinished } from 'vitest';
import { Inbox } from './inbox.ts';
import { ScriptedServer } from './scripted-server.ts';
import type { Peer, Ready } from './scripted-server.ts';

/** A client, its scripted server, and what the client reported. Both end with the test. */
export interface Scene {
  readonly server: ScriptedServer;
  readonly client: RealtimeClient;
  readonly states: Inbox<StateChange>;
  readonly errors: Inbox<RealtimeError>;
}

/** A client that has not connected yet; it retries fast. */
export async function newClient(options: ClientOptions = {}): Promise<Scene> {
  const server = await ScriptedServer.start();
  const client = new RealtimeClient(server.url, {
    transports: ['websocket'],
    backoff: { baseMs: 1, maxMs: 5 },
    ...options,
  });
  const states = new Inbox<StateChange>();
  const errors = new Inbox<RealtimeError>();
  client.on('state', (change) => states.push(change));
  client.on('error', (error) => errors.push(error));
  onTestFinished(() => {
    client.close();
    server.close();
  });
  return { server, client, states, errors };
}

/** A client that is open, with the server's side of its connection. */
export async function openClient(
  options: ClientOptions = {},
  ready: Ready = {},
): Promise<Scene & { readonly peer: Peer }> {
  const scene = await newClient(options);
  const opened = scene.client.connect();
  const peer = await scene.server.peers.next();
  await peer.accept(ready);
  await opened;
  return { ...scene, peer };
}

/** A name that no other test uses. */
export function randomName(): string {
  return `room.${Math.random().toString(36).slice(2)}`;
}
