import { connect } from 'amqplib';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { RabbitmqServer, startMapper } from './rabbitmq-server.ts';
import type { RabbitmqLaunch } from './rabbitmq-server.ts';

export type { RabbitmqServer } from './rabbitmq-server.ts';

/** A RabbitMQ to talk to, whoever started it. */
export interface Rabbitmq {
  /** `amqp://user:password@127.0.0.1:12345`, with a virtual host if it is not `/`. */
  readonly url: string;
  /** Ends it, if the tests started it. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a RabbitMQ for one test or file, which takes 4 to 6 s. Always one of our own, so that it can be killed and paused. */
export function startRabbitmq(launch?: Omit<RabbitmqLaunch, 'cluster'>): Promise<RabbitmqServer> {
  return RabbitmqServer.start(launch);
}

/** Three RabbitMQ servers that are one cluster. */
export interface RabbitmqCluster {
  readonly nodes: readonly RabbitmqServer[];
  readonly urls: readonly string[];
  /** The server that leads a stream now. */
  leaderOf(stream: string): Promise<RabbitmqServer>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts three servers and makes them one cluster, which takes half a minute. */
export async function startRabbitmqCluster(): Promise<RabbitmqCluster> {
  const mapperPort = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'rt-rabbitmq-'));
  const mapper = await startMapper(mapperPort, folder);
  const cluster = { cookie: randomBytes(12).toString('hex'), mapperPort };
  const nodes = await Promise.all([0, 1, 2].map(() => RabbitmqServer.start({ cluster })));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
    await mapper.kill();
    await rm(folder, { recursive: true, force: true });
  };
  const [first, ...others] = nodes as [RabbitmqServer, ...RabbitmqServer[]];
  try {
    for (const node of others) {
      await node.control('stop_app');
      await node.control('join_cluster', first.node);
      await node.control('start_app');
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    leaderOf: async (stream) => {
      const anyone = nodes.find(({ running }) => running)!;
      const queues = await anyone.control('list_queues', 'name', 'leader');
      const leader = queues
        .split('\n')
        .find((line) => line.startsWith(`${stream}\t`))
        ?.split('\t')[1];
      return nodes.find(({ node }) => node === leader)!;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/**
 * The RabbitMQ of `REALTIME_TEST_RABBITMQ_URL`, or one of our own where that is not set. For tests that need no faults: they must use
 * names of their own, for others may use it too.
 */
export async function sharedRabbitmq(): Promise<Rabbitmq | RabbitmqServer> {
  const given = process.env['REALTIME_TEST_RABBITMQ_URL'];
  return given === undefined || given === '' ? startRabbitmq() : givenRabbitmq(given);
}

/** Removes the streams of these namespaces, with two partitions each, from a RabbitMQ that goes on without the tests. */
export async function removeQueues(rabbitmq: Rabbitmq | RabbitmqServer, namespaces: Iterable<string>): Promise<void> {
  if (rabbitmq instanceof RabbitmqServer) return;
  const connection = await connect(rabbitmq.url);
  const channel = await connection.createChannel();
  for (const namespace of namespaces) {
    for (const partition of [0, 1]) await channel.deleteQueue(`${namespace}.log.${partition}`);
  }
  await connection.close();
}

function givenRabbitmq(url: string): Rabbitmq {
  if (!/^amqps?:$/.test(new URL(url).protocol)) throw new Error('REALTIME_TEST_RABBITMQ_URL: it is not amqp://…');
  const stop = (): Promise<void> => Promise.resolve();
  return { url, stop, [Symbol.asyncDispose]: stop };
}
