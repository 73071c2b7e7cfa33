import { RealtimeClient } from '@rt/client';
import type { RealtimeError } from '@rt/client';
import { Realtime } from '@rt/core';
import type { Contract, RealtimeOptions } from '@rt/core';
import { websocket } from '@rt/transport-ws';
import { onTestFinished } from 'vitest';
import { Inbox } from '../hardening/inbox.ts';
import { API_KEY } from '../hardening/server.ts';
import { authenticate, TOKENS } from '../permissions/people.ts';

/** A server with a contract, and its clients. All end with the test. */
export interface Stage<C extends Contract> {
  readonly realtime: Realtime<C>;
  readonly port: number;
  readonly log: Inbox<LogLine>;
  /** A client of that contract; `ann` signs in, without a name it is anonymous. */
  readonly client: (person?: 'ann' | 'bob') => RealtimeClient<C>;
}

/** One line of the server's log, at level warning or error. */
interface LogLine {
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/** Starts a server with `contract` and WebSocket on a free port. */
export async function startStage<C extends Contract>(
  contract: C,
  options: Omit<RealtimeOptions<C>, 'contract'> = {},
): Promise<Stage<C>> {
  const log = new Inbox<LogLine>();
  const note = (message: string, details?: Readonly<Record<string, unknown>>): void => log.push({ message, details });
  const realtime = new Realtime({
    transports: [websocket()],
    authenticate,
    apiKey: API_KEY,
    logger: { debug: () => undefined, info: () => undefined, warn: note, error: note },
    ...options,
    contract,
  });
  onTestFinished(() => realtime.close({ drainMs: 0 }));
  const { port } = await realtime.listen({ port: 0 });
  const client = (person?: 'ann' | 'bob'): RealtimeClient<C> => {
    const token = person === undefined ? undefined : TOKENS[person];
    const made = new RealtimeClient<C>(`http://127.0.0.1:${port}`, token === undefined ? {} : { token });
    onTestFinished(() => made.close());
    // Refusals are what the tests are about.
    made.on('error', () => undefined);
    return made;
  };
  return { realtime, port, log, client };
}

/** What `promise` rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<RealtimeError> {
  try {
    await promise;
  } catch (error) {
    return error as RealtimeError;
  }
  throw new Error('it did not fail');
}

/** Everything that comes on a channel, once it is subscribed. */
export async function listen(subscription: {
  readonly subscribed: Promise<void>;
  onAny(listener: (event: string, data: unknown) => void): unknown;
}): Promise<Inbox<readonly [event: string, data: unknown]>> {
  const inbox = new Inbox<readonly [event: string, data: unknown]>();
  subscription.onAny((event, data) => inbox.push([event, data]));
  await subscription.subscribed;
  return inbox;
}

/** For the rest of the test `NODE_ENV` is `value`. */
export function setNodeEnv(value: string): void {
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = value;
  onTestFinished(() => {
    process.env['NODE_ENV'] = before;
  });
}
