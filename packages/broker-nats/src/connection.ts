import { connect, credsAuthenticator } from '@nats-io/transport-node';
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import { readFile } from 'node:fs/promises';
import type { NatsBrokerOptions } from './options.ts';

/** Time for one attempt to connect. */
const CONNECT_MS = 4_000;

/** Where it connects to, for messages. Without secrets. */
export function targetOf({ url, servers, connect: own }: NatsBrokerOptions): string {
  if (own !== undefined) return 'the given connection';
  return (servers ?? [url ?? 'nats://127.0.0.1:4222']).map((text) => new URL(text).host).join(', ');
}

/** Connects. A lost connection is made again by itself, for ever. */
export async function openConnection(options: NatsBrokerOptions, name: string): Promise<NatsConnection> {
  if (options.connect !== undefined) return options.connect();
  const { servers, url = 'nats://127.0.0.1:4222', token, credentials, tls } = options;
  const { username, password } = new URL(url);
  const addresses = servers ?? [url];
  const user = options.user ?? (username === '' ? undefined : decodeURIComponent(username));
  const pass = options.password ?? (password === '' ? undefined : decodeURIComponent(password));
  const isEncrypted =
    tls !== undefined && tls !== false ? tls : addresses.some((text) => new URL(text).protocol === 'tls:');
  const settings: NodeConnectionOptions = {
    name,
    servers: addresses.map((text) => hostOf(text)),
    timeout: CONNECT_MS,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    reconnectJitter: 300,
    reconnectJitterTLS: 300,
    // A password that is changed and changed back is no reason to give up.
    ignoreAuthErrorAbort: true,
    pingInterval: 10_000,
  };
  if (user !== undefined) Object.assign(settings, { user, pass });
  if (token !== undefined) settings.token = token;
  if (credentials !== undefined) settings.authenticator = credsAuthenticator(await readFile(credentials));
  if (isEncrypted !== false) settings.tls = isEncrypted === true ? {} : isEncrypted;
  return connect(settings);
}

function hostOf(text: string): string {
  const { hostname, port } = new URL(text);
  return `${hostname}:${port === '' ? 4222 : port}`;
}
