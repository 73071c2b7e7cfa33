import { RealtimeClient } from '@rt/client';
import type { ClientOptions, RealtimeError, StateChange, TransportName } from '@rt/client';
import { onTestFinished } from 'vitest';
import { Inbox } from './inbox.ts';
import { ready, ScriptedHttpServer } from './scripted-http-server.ts';
import type { Exchange } from './scripted-http-server.ts';

/** A client of a scripted HTTP server, and what it reported. Both end with the test. */
export interface HttpScene {
  readonly server: ScriptedHttpServer;
  readonly client: RealtimeClient;
  readonly states: Inbox<StateChange>;
  readonly errors: Inbox<RealtimeError>;
}

/** A client that has not connected yet; it retries fast. */
export async function newHttpClient(options: ClientOptions = {}): Promise<HttpScene> {
  const server = await ScriptedHttpServer.start();
  const client = new RealtimeClient(server.url, { backoff: { baseMs: 1, maxMs: 5 }, ...options });
  const states = new Inbox<StateChange>();
  const errors = new Inbox<RealtimeError>();
  client.on('state', (change) => states.push(change));
  client.on('error', (error) => errors.push(error));
  onTestFinished(() => client.close());
  return { server, client, states, errors };
}

/** A client that is open over one transport, with the request that opened it: of SSE the stream, of polling answered. */
export async function openHttpClient(
  transport: Exclude<TransportName, 'websocket'>,
  options: ClientOptions & { readonly maxFrameBytes?: number } = {},
): Promise<HttpScene & { readonly opening: Exchange; readonly session: string }> {
  const scene = await newHttpClient({ transports: [transport], ...options });
  const opened = scene.client.connect();
  const session = `node.1.${Math.random()}`;
  const opening = await accept(scene.server, transport, { ...options, session });
  await opened;
  return { ...scene, opening, session };
}

/** Answers the next opening over one transport. */
export async function accept(
  server: ScriptedHttpServer,
  transport: Exclude<TransportName, 'websocket'>,
  { session = 'node.1.secret', maxFrameBytes }: { readonly session?: string; readonly maxFrameBytes?: number } = {},
): Promise<Exchange> {
  const opening = await server.next(transport === 'sse' ? 'POST /sse' : 'POST /poll');
  if (transport === 'sse') {
    opening.stream(session);
    opening.event(ready(maxFrameBytes));
  } else {
    opening.answer(200, { 'rt-session': session, 'rt-sequence': '1' }, ready(maxFrameBytes));
  }
  return opening;
}
