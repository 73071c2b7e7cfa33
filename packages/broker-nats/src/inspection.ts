import { jetstreamManager, StorageType } from '@nats-io/jetstream';
import type { StreamInfo } from '@nats-io/jetstream';
import type { ServerInfo } from '@nats-io/transport-node';
import type { BrokerFinding, BrokerReport, BrokerRestart } from '@rt/core';
import type { Link } from './link.ts';
import { Stream } from './stream.ts';

/** Time for one question to JetStream. */
const ASK_MS = 3_000;
/** The first version that the tests run on. */
const NEEDED = [2, 9] as const;
/** Messages are cut below this, in bytes: 256 Ki UTF-16 units of three bytes each, and what stands before them. */
const NEEDED_PAYLOAD = 1_000_000;

const NO_LOG: BrokerFinding = {
  severity: 'problem',
  what: 'jetstream is false: no channel has a history',
  remedy: 'Leave that option out, and start NATS with -js',
};

/** Asks NATS what it is, and how the streams of the log are stored. Rejects where it does not answer. */
export async function inspect(link: Link, partitions: number): Promise<BrokerReport> {
  const connection = link.connection();
  // Known since the greeting; a connection without it would not be one.
  const server = connection.info!;
  const streams: StreamInfo[] = [];
  if (partitions > 0) {
    const manager = await jetstreamManager(connection, { timeout: ASK_MS, checkAPI: false });
    const asked = Array.from({ length: partitions }, (_, partition) => new Stream(link, partition).info(manager));
    streams.push(...(await Promise.all(asked)));
  }
  return {
    service: `NATS ${server.version}`,
    shape: server.cluster === undefined ? 'one server' : `a server of the cluster ${server.cluster}`,
    restart: restartOf(streams),
    findings: [
      ...(partitions === 0 ? [NO_LOG] : []),
      ...serverFindings(server),
      ...streamFindings(streams, server.cluster !== undefined),
    ],
  };
}

function restartOf(streams: readonly StreamInfo[]): BrokerRestart {
  if (streams.length === 0) return { outcome: 'lost', detail: 'nothing is kept' };
  if (streams.some(({ config }) => config.storage === StorageType.Memory)) {
    return { outcome: 'lost', detail: 'everything, with a gap' };
  }
  return { outcome: 'kept', detail: 'all that was acknowledged' };
}

function serverFindings({ version, max_payload: maxPayload }: ServerInfo): readonly BrokerFinding[] {
  const findings: BrokerFinding[] = [];
  if (isOld(version)) {
    const what = `NATS ${version} is too old`;
    findings.push({ severity: 'problem', what, remedy: `Install ${NEEDED.join('.')} or newer` });
  }
  if (maxPayload < NEEDED_PAYLOAD) {
    const what = `max_payload is ${maxPayload}: longer messages are refused, and several at once may be too long`;
    findings.push({ severity: 'warning', what, remedy: 'Set max_payload to 1MB, the default' });
  }
  return findings;
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1]);
}

function streamFindings(streams: readonly StreamInfo[], isCluster: boolean): readonly BrokerFinding[] {
  const findings: BrokerFinding[] = [];
  const inMemory = streams.filter(({ config }) => config.storage === StorageType.Memory);
  if (inMemory.length > 0) {
    const what = `${named(inMemory)} in memory: nothing is left when NATS ends`;
    const remedy = "Set storage: 'file', stop all nodes, delete these streams, and start again";
    findings.push({ severity: 'problem', what, remedy });
  }
  const alone = isCluster ? streams.filter(({ config }) => config.num_replicas === 1) : [];
  if (alone.length > 0) {
    const what = `${named(alone)} on one server of the cluster only: no history while that one is away`;
    const remedy = 'Set replicas: 3, and run "nats stream edit <name> --replicas=3" for each';
    findings.push({ severity: 'warning', what, remedy });
  }
  const lagging = streams.filter(({ cluster }) => cluster?.replicas?.some(({ current }) => !current));
  if (lagging.length > 0) {
    const what = `${named(lagging)} not whole on every server: no history after the next loss, for a while or for good`;
    const remedy = 'See that all servers of the cluster run ("nats server report jetstream")';
    findings.push({ severity: 'warning', what, remedy });
  }
  return findings;
}

/** E.g. `the stream rt_log_0 and 3 more are`. */
function named([first, ...others]: readonly StreamInfo[]): string {
  const subject = `the stream ${first?.config.name}`;
  return others.length === 0 ? `${subject} is` : `${subject} and ${others.length} more are`;
}
