import { RealtimeError } from '@rt/protocol';
import type { Published } from './delivery/published.ts';
import type { BroadcastOptions } from './realtime.ts';

/** What the module-level helper needs of a `Realtime`. */
interface Broadcaster {
  broadcast(channel: string, event: string, data?: unknown, options?: BroadcastOptions): Promise<Published>;
}

/** The `Realtime`s of this process that were started and not closed: the one place where a module keeps state. */
const started = new Set<Broadcaster>();

export function addCurrent(realtime: Broadcaster): void {
  started.add(realtime);
}

export function removeCurrent(realtime: Broadcaster): void {
  started.delete(realtime);
}

/**
 * Broadcasts through the one `Realtime` of this process, from code that has no reference to it.
 * Rejects with `NO_REALTIME` where none was started or more than one runs, else as `realtime.broadcast` does.
 */
export async function broadcast(
  channel: string,
  event: string,
  data?: unknown,
  options?: BroadcastOptions,
): Promise<Published> {
  const [only, another] = started;
  if (only === undefined) {
    throw new RealtimeError(
      'NO_REALTIME',
      'no Realtime is running in this process: call listen(), attach() or start() on one first',
    );
  }
  if (another !== undefined) {
    throw new RealtimeError(
      'NO_REALTIME',
      `${started.size} Realtimes run in this process: call broadcast() on the one you mean`,
    );
  }
  return only.broadcast(channel, event, data, options);
}
