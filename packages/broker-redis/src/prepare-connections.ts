import { Cluster, Redis } from 'ioredis';
import { ClusterConnections } from './cluster-connections.ts';
import type { RedisOptions } from './connection-settings.ts';
import type { Connections } from './connections.ts';
import type { RedisBrokerOptions } from './options.ts';
import { SingleConnections } from './single-connections.ts';

/** Connections as the options say, none of them opened yet. */
export function prepareConnections(options: RedisBrokerOptions): Connections {
  const { cluster, connect } = options;
  if (connect !== undefined) {
    const pattern = connect();
    // A client without this listener writes to the console, or ends the process.
    pattern.on('error', () => undefined);
    pattern.disconnect();
    return isCluster(pattern)
      ? new ClusterConnections((settings) => pattern.duplicate([], settings), 'the cluster of connect()')
      : new SingleConnections((settings) => pattern.duplicate(settings), 'the Redis of connect()');
  }
  if (cluster !== undefined) {
    const nodes = cluster.map(({ host, port = 6379 }) => ({ host, port }));
    return new ClusterConnections(
      (settings) =>
        new Cluster(nodes, {
          ...settings,
          // A name stays a name until it is connected to: it is what the server's certificate is for.
          dnsLookup: (name, found) => found(null, name),
          redisOptions: { ...settings.redisOptions, ...credentials(options) },
        }),
      nodes.map(({ host, port }) => `${host}:${port}`).join(', '),
    );
  }
  const address = addressOf(options);
  return new SingleConnections((settings) => new Redis({ ...address.options, ...settings }), address.target);
}

/** Asks the client, not its class: the application may have a copy of ioredis of its own. */
function isCluster(client: Redis | Cluster): client is Cluster {
  return client.isCluster;
}

/** Who we are, and how the connection is protected. */
function credentials({ username, password, tls }: RedisBrokerOptions): RedisOptions {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined || tls === false ? {} : { tls: tls === true ? {} : tls }),
  };
}

function addressOf(options: RedisBrokerOptions): { readonly options: RedisOptions; readonly target: string } {
  const { url, db, sentinels, name, sentinelUsername, sentinelPassword } = options;
  const login: RedisOptions = { ...credentials(options), ...(db === undefined ? {} : { db }) };
  if (sentinels !== undefined) {
    const addresses = sentinels.map(({ host, port = 26_379 }) => ({ host, port }));
    return {
      options: {
        ...login,
        sentinels: addresses,
        ...(name === undefined ? {} : { name }),
        ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
        ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
        ...(login.tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: login.tls }),
      },
      target: `${name} of the sentinels ${addresses.map(({ host, port }) => `${host}:${port}`).join(', ')}`,
    };
  }
  if (url === undefined) {
    const { host = '127.0.0.1', port = 6379 } = options;
    return { options: { ...login, host, port }, target: `${host}:${port}` };
  }
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  // An IPv6 address stands in brackets in a URL only.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const database = Number(pathname.slice(1));
  return {
    options: {
      host,
      port: port === '' ? 6379 : Number(port),
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      ...(database === 0 ? {} : { db: database }),
      ...(protocol === 'rediss:' ? { tls: {} } : {}),
      ...login,
    },
    target: `${host}:${port === '' ? 6379 : port}`,
  };
}
