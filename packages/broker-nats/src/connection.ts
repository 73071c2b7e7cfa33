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
  const { servers, url = 'nats://127.0.0.1:4222', credentials, tls } = options;
  const addresses = servers ?? [url];
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
    // Else every publish begins with two errors that are made for their stacks: an eighth of what it costs.
    noAsyncTraces: true,
  };
  if (credentials !== undefined) settings.authenticator = credsAuthenticator(await readCredentials(credentials));
  else Object.assign(settings, loginOf(options, new URL(url)));
  if (isEncrypted !== false) settings.tls = isEncrypted === true ? {} : isEncrypted;
  try {
    return await connect(settings);
  } catch (error) {
    const isCertain = isEncrypted === false || !(error instanceof Error && error.message === 'timeout');
    if (isCertain) throw error;
    // What NATS says then comes behind the handshake, and its client does not pass it on.
    throw new Error('timeout: it may ask for a certificate of this side (certFile and keyFile of tls)', {
      cause: error,
    });
  }
}

/** Who we are: the options win over the URL, in which a name without a password is a token, as everywhere in NATS. */
function loginOf({ user, password, token }: NatsBrokerOptions, url: URL): Partial<NodeConnectionOptions> {
  if (token !== undefined) return { token };
  if (user !== undefined && password !== undefined) return { user, pass: password };
  const [name, secret] = [url.username, url.password].map((text) => decodeURIComponent(text));
  if (!name) return {};
  return secret ? { user: name, pass: secret } : { token: name };
}

/** Rejects where the file is not one of credentials: the client of NATS would say so without its name. */
async function readCredentials(file: string): Promise<Buffer> {
  const credentials = await readFile(file);
  if (/-BEGIN NATS USER JWT-[^]*-BEGIN USER NKEY SEED-/.test(credentials.toString('latin1'))) return credentials;
  throw new Error(`${file} holds no credentials of NATS`);
}

function hostOf(text: string): string {
  const { hostname, port } = new URL(text);
  return `${hostname}:${port === '' ? 4222 : port}`;
}
