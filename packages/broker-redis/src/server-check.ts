import { RealtimeError } from '@rt/protocol';
import { databaseOf } from './connections.ts';
import type { Connections } from './connections.ts';
import { isRefusal } from './failure.ts';

/** The first version with sharded publish and subscribe, which one server and a cluster have in common. */
const NEEDED = 7;

/** Rejects with `UNSUPPORTED` where the server is one that can't do it, or another kind than the options say. */
export async function checkServer(connections: Connections): Promise<void> {
  const { commands, isCluster } = connections;
  const [node] = 'nodes' in commands ? commands.nodes('master') : [commands];
  let info: string;
  try {
    info = String(await node?.info('server'));
  } catch (error) {
    // A user who may not ask: what is missing shows at the first probe.
    if (isRefusal(error)) return;
    throw error;
  }
  const version = /^redis_version:(.*)$/m.exec(info)?.[1]?.trim();
  if (version !== undefined && Number.parseInt(version, 10) < NEEDED) {
    throw new RealtimeError('UNSUPPORTED', `Redis ${version} is too old: ${NEEDED}.0 or newer is needed`);
  }
  const mode = /^redis_mode:(\w+)/m.exec(info)?.[1];
  if (mode === 'sentinel') {
    throw new RealtimeError('UNSUPPORTED', 'this is a sentinel: name it in the option sentinels, with name');
  }
  if (mode === 'cluster' && !isCluster) {
    throw new RealtimeError('UNSUPPORTED', 'this is a node of a Redis Cluster: name it in the option cluster');
  }
  if (!isCluster) await checkDatabase(connections);
}

/** A database that is not there is no error of the connection: it is in 0 then, without a word. */
async function checkDatabase(connections: Connections): Promise<void> {
  const wanted = databaseOf(connections);
  const { commands } = connections;
  if (wanted === 0 || 'nodes' in commands) return;
  let client: string;
  try {
    client = await commands.client('INFO');
  } catch (error) {
    if (isRefusal(error)) return;
    throw error;
  }
  const actual = /(?:^| )db=(\d+)/.exec(client)?.[1];
  if (actual === undefined || Number(actual) === wanted) return;
  throw new RealtimeError(
    'UNSUPPORTED',
    `there is no database ${wanted}: this Redis has fewer (its setting "databases")`,
  );
}
