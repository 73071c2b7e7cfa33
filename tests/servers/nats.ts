import { NatsServer } from './nats-server.ts';
import type { Nats, NatsLaunch } from './nats-server.ts';
import { ASKED_AGAIN_MS, natsPublish, natsRequest } from './nats-request.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';

export type { Nats, NatsServer } from './nats-server.ts';

/** Starts a NATS for one test or file, with JetStream unless told otherwise. Always one of our own, so that it can be killed and paused. */
export function startNats(launch?: Omit<NatsLaunch, 'cluster'>): Promise<NatsServer> {
  return NatsServer.start(launch);
}

/** Three NATS servers that are one cluster with JetStream. */
export interface NatsCluster {
  readonly nodes: readonly NatsServer[];
  readonly urls: readonly string[];
  /** The server that leads a stream now. */
  leaderOf(stream: string): Promise<NatsServer>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts three servers and waits until their JetStream takes requests. */
export async function startNatsCluster(): Promise<NatsCluster> {
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const nodes = await Promise.all(ports.map((port) => NatsServer.start({ cluster: { port, routes: ports } })));
  const stop = async (): Promise<void> => void (await Promise.all(nodes.map((node) => node.stop())));
  const anyone = (): NatsServer => nodes.find(({ running }) => running)!;
  try {
    await until('JetStream has a leader', async () => {
      const answers = await Promise.all(nodes.map((node) => node.request('$JS.API.INFO', '', ASKED_AGAIN_MS)));
      return answers.every((answer) => !Object.hasOwn(answer as object, 'error'));
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    leaderOf: async (stream) => {
      const info = (await anyone().request(`$JS.API.STREAM.INFO.${stream}`, '', ASKED_AGAIN_MS)) as {
        cluster: { leader: string };
      };
      return nodes.find(({ name }) => name === info.cluster.leader)!;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/**
 * The NATS of `REALTIME_TEST_NATS_URL`, or one of our own where that is not set. For tests that need no faults: they must use names of
 * their own, for others may use it too.
 */
export async function sharedNats(): Promise<Nats> {
  const given = process.env['REALTIME_TEST_NATS_URL'];
  return given === undefined || given === '' ? startNats() : givenNats(given);
}

/** Removes the streams of brokers with these namespaces: others use a shared NATS too, and it may live for long. */
export async function removeStreams(nats: Nats, namespaces: Iterable<string>, partitions = 4): Promise<void> {
  for (const namespace of namespaces) {
    for (let partition = 0; partition < partitions; partition++) {
      // What is not there is answered with an error, which is as good.
      await nats.request(`$JS.API.STREAM.DELETE.${namespace}_log_${partition}`);
    }
  }
}

async function givenNats(text: string): Promise<Nats> {
  const url = new URL(text);
  if (url.protocol !== 'nats:') throw new Error(`REALTIME_TEST_NATS_URL: ${url.protocol} is not nats:`);
  const address = {
    host: url.hostname,
    port: url.port === '' ? 4222 : Number(url.port),
    ...(url.username === ''
      ? {}
      : { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }),
  };
  const answer = await natsRequest(address, '$JS.API.INFO').catch((cause: unknown) => {
    throw new Error(`REALTIME_TEST_NATS_URL: no NATS with JetStream at ${url.host}`, { cause });
  });
  if (Object.hasOwn(answer as object, 'error')) throw new Error(`REALTIME_TEST_NATS_URL: no JetStream at ${url.host}`);
  const stop = (): Promise<void> => Promise.resolve();
  return {
    url: text,
    host: address.host,
    port: address.port,
    publish: (subject, payload) => natsPublish(address, subject, payload),
    request: (subject, payload, withinMs) => natsRequest(address, subject, { payload, withinMs }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
