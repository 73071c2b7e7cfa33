import type { BrokerFinding, BrokerReport, BrokerRestart } from '@rt/core';
import type { Redis } from 'ioredis';
import type { Connections } from './connections.ts';
import { isRefusal } from './failure.ts';

/** One server's own words. `undefined`: this user may not ask. */
interface Answers {
  /** On a cluster whose these are, else nothing: begins what is said. */
  readonly from: string;
  readonly info: ReadonlyMap<string, string> | undefined;
  readonly fsync: string | undefined;
  readonly save: string | undefined;
}

/** Worst first: what is said of several servers is what the worst of them says. */
const OUTCOMES: readonly BrokerRestart['outcome'][] = ['lost', 'unknown', 'partly', 'kept'];
const NOT_ASKED: BrokerRestart = { outcome: 'unknown', detail: 'Redis does not tell whether it keeps a file' };

/** Asks every master what it is and how it is set up. Rejects where one does not answer. */
export async function inspect({ commands, isCluster }: Connections): Promise<BrokerReport> {
  const nodes = 'nodes' in commands ? commands.nodes('master') : [commands];
  const answers = await Promise.all(nodes.map((node) => ask(node, isCluster)));
  const versions = new Set(answers.flatMap(({ info }) => info?.get('redis_version') ?? []));
  const restarts = answers.map((each) => restartOf(each));
  return {
    service: ['Redis', [...versions].sort().join(' and ')].join(' ').trim(),
    shape: isCluster ? `a cluster of ${nodes.length} masters` : 'one server',
    restart: restarts.toSorted((a, b) => OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome))[0] ?? NOT_ASKED,
    findings: [
      ...answers.flatMap((each) => [...persistenceFindings(each), ...memoryFindings(each), ...replicaFindings(each)]),
      ...('nodes' in commands ? await clusterFindings(nodes[0]) : []),
    ],
  };
}

async function ask(node: Redis, isCluster: boolean): Promise<Answers> {
  const setting = async (name: string): Promise<string | undefined> =>
    (await allowed(node.config('GET', name) as Promise<readonly string[]>))?.[1];
  const [info, fsync, save] = await Promise.all([allowed(node.info()), setting('appendfsync'), setting('save')]);
  const { host, port } = node.options;
  return {
    from: isCluster ? `${host}:${port}: ` : '',
    info: info === undefined ? undefined : valuesOf(info),
    fsync,
    save,
  };
}

/** The answer, or `undefined` where this user may not ask, or a managed Redis has no such command. */
async function allowed<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** What INFO answers: `name:value` lines below headings. */
function valuesOf(info: string): ReadonlyMap<string, string> {
  return new Map(Array.from(info.matchAll(/^(\w+):(.*?)\r?$/gm), ([, name = '', value = '']) => [name, value]));
}

function restartOf({ info, fsync, save }: Answers): BrokerRestart {
  if (info === undefined) return NOT_ASKED;
  if (info.get('aof_enabled') === '1') {
    if (fsync === 'always') return { outcome: 'kept', detail: 'all that was acknowledged' };
    if (fsync === 'no') return { outcome: 'partly', detail: 'but for what the disk had not taken' };
    return { outcome: 'partly', detail: 'but for up to 2 s, with a gap' };
  }
  const hasSnapshots = save !== undefined && save !== '';
  return { outcome: 'lost', detail: hasSnapshots ? 'what came after the last snapshot' : 'everything, with a gap' };
}

function persistenceFindings({ from, info, fsync, save }: Answers): readonly BrokerFinding[] {
  if (info === undefined) {
    const remedy = 'Let this user run INFO and CONFIG GET, or see to appendonly and maxmemory-policy yourself';
    return [{ severity: 'unknown', what: `${from}this user may not ask how Redis is set up`, remedy }];
  }
  if (info.get('aof_enabled') !== '1') {
    const what = save ? 'it keeps snapshots, but no append-only file' : 'it keeps no append-only file';
    const remedy = 'Set appendonly yes, or a restart of Redis is a gap for everybody';
    return [{ severity: 'problem', what: from + what, remedy }];
  }
  if (info.get('aof_last_write_status') === 'err') {
    const what = `${from}the append-only file could not be written`;
    return [{ severity: 'problem', what, remedy: 'See the log of Redis; usually the disk is full' }];
  }
  if (fsync === undefined) {
    const what = `${from}this user may not ask when the append-only file is written to the disk`;
    return [{ severity: 'unknown', what, remedy: 'Look at appendfsync: everysec may lose up to 2 s, always nothing' }];
  }
  if (fsync !== 'no') return [];
  const remedy = 'Set appendfsync everysec (up to 2 s may be lost) or always';
  return [{ severity: 'warning', what: `${from}appendfsync is no: the system writes when it likes`, remedy }];
}

function memoryFindings({ from, info }: Answers): readonly BrokerFinding[] {
  const policy = info?.get('maxmemory_policy') ?? 'noeviction';
  if (policy === 'noeviction') return [];
  const isLimited = info?.get('maxmemory') !== '0';
  return [
    {
      severity: isLimited ? 'problem' : 'warning',
      what: `${from}maxmemory-policy is ${policy}: it lets go of channels when it is full`,
      remedy: 'Set maxmemory-policy noeviction: a full Redis then refuses instead',
    },
  ];
}

function replicaFindings({ from, info }: Answers): readonly BrokerFinding[] {
  const replicas = info?.get('connected_slaves') ?? '0';
  // It tells how many are good enough only where it waits for some.
  if (replicas === '0' || info?.has('min_slaves_good_slaves') === true) return [];
  return [
    {
      severity: 'warning',
      what: `${from}it acknowledges what no replica has: a failover loses that, with a gap`,
      remedy: 'Set min-replicas-to-write 1',
    },
  ];
}

async function clusterFindings(node: Redis | undefined): Promise<readonly BrokerFinding[]> {
  const answer = node && (await allowed(node.cluster('INFO')));
  if (answer === undefined) {
    const what = 'this user may not ask how the cluster is';
    return [{ severity: 'unknown', what, remedy: 'Let it run CLUSTER INFO' }];
  }
  const state = valuesOf(answer).get('cluster_state');
  if (state === 'ok') return [];
  const remedy = 'See redis-cli --cluster check: some channels have no server';
  return [{ severity: 'problem', what: `the cluster's state is ${state}`, remedy }];
}
