import type { ContenderCommands, ContenderName } from './contender.ts';
import { Remote } from './remote.ts';

/** One contender's server process. */
export interface Server {
  readonly contender: ContenderName;
  readonly remote: Remote<ContenderCommands>;
  readonly port: number;
}

const FILES: Readonly<Record<ContenderName, URL>> = {
  rt: new URL('contenders/rt.ts', import.meta.url),
  ws: new URL('contenders/ws.ts', import.meta.url),
  'socket-io': new URL('contenders/socket-io.ts', import.meta.url),
};

/** Starts a server process and resolves when it listens. */
export async function startServer(contender: ContenderName): Promise<Server> {
  const remote = new Remote<ContenderCommands>(FILES[contender]);
  return { contender, remote, port: await remote.call('listen', null) };
}

/** Resolves when the server says that it has `count` subscribers. Rejects when it never does. */
export async function subscribed({ contender, remote }: Server, count: number): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const actual = await remote.call('subscriberCount', null);
    if (actual === count) return;
    if (performance.now() > deadline) throw new Error(`${contender} has ${actual} subscribers and not ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
