import { connect } from 'amqplib';
import type { ChannelModel } from 'amqplib';
import { within } from '@rt/core';
import type { RabbitmqBrokerOptions } from './options.ts';

/** Time for one attempt to connect. */
const CONNECT_MS = 4_000;
/** Time for a connection to be closed in order. */
const CLOSE_MS = 1_000;
const DEFAULT_HEARTBEAT_SECONDS = 10;

/** One connection to RabbitMQ. */
export interface OpenConnection {
  readonly model: ChannelModel;
  /** Ends it, in order where that is possible. Never rejects. */
  end(): Promise<void>;
}

interface Place {
  readonly protocol: 'amqp' | 'amqps';
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
}

/** Where it connects to, for messages. Without secrets. */
export function targetOf(options: RabbitmqBrokerOptions): string {
  if (options.connect !== undefined) return 'the given connection';
  const places = placesOf(options);
  const { vhost } = places[0]!;
  const hosts = places.map(({ hostname, port }) => `${hostname}:${port}`).join(', ');
  return vhost === '/' ? hosts : `${hosts}, vhost ${vhost}`;
}

/** Connects: to the first server at the first attempt, to the next one at the next. `name` is what RabbitMQ shows it as. */
export async function openConnection(
  options: RabbitmqBrokerOptions,
  name: string,
  attempt: number,
): Promise<OpenConnection> {
  if (options.connect !== undefined) {
    const model = await options.connect();
    return { model, end: () => close(model) };
  }
  const places = placesOf(options);
  const { tls = {}, heartbeatSeconds = DEFAULT_HEARTBEAT_SECONDS } = options;
  const place = places[attempt % places.length]!;
  // The library leaves a socket open that nobody answers on.
  const socket = new AbortController();
  try {
    const model = await connect(
      // It takes the virtual host as it stands in a URL.
      { ...place, vhost: encodeURIComponent(place.vhost), heartbeat: heartbeatSeconds },
      {
        ...(typeof tls === 'object' ? tls : {}),
        noDelay: true,
        timeout: CONNECT_MS,
        clientProperties: { connection_name: name },
        ...{ signal: socket.signal },
      },
    ).catch((error: unknown) => Promise.reject(explained(error, place)));
    return {
      model,
      end: async () => {
        await close(model);
        socket.abort();
      },
    };
  } catch (error) {
    socket.abort();
    throw error;
  }
}

/** What RabbitMQ says where it lets somebody in and then refuses the virtual host, the library does not pass on. */
function explained(error: unknown, { vhost }: Place): unknown {
  const isRefused =
    error instanceof Error && error.message.startsWith('Expected ConnectionOpenOk; got <ConnectionClose');
  return isRefused ? new Error(`there is no vhost ${vhost}, or this user may not use it`) : error;
}

async function close(model: ChannelModel): Promise<void> {
  // Ending what is lost reports that it is lost.
  model.on('error', () => undefined);
  await within(CLOSE_MS, model.close()).catch(() => undefined);
}

function placesOf(options: RabbitmqBrokerOptions): readonly Place[] {
  const { url, servers, host = '127.0.0.1', port, tls = false } = options;
  const urls = servers ?? (url === undefined ? undefined : [url]);
  if (urls !== undefined) return urls.map((text) => placeOf(new URL(text), options));
  const protocol = tls === false ? 'amqp' : 'amqps';
  const { user = 'guest', password = 'guest', vhost = '/' } = options;
  return [{ protocol, hostname: host, port: port ?? portOf(protocol), username: user, password, vhost }];
}

function placeOf(url: URL, { user, password, vhost, tls = false }: RabbitmqBrokerOptions): Place {
  const protocol = tls === false && url.protocol === 'amqp:' ? 'amqp' : 'amqps';
  const path = decodeURIComponent(url.pathname.slice(1));
  const isAnonymous = url.username === '' && url.password === '';
  return {
    protocol,
    // As it stands in a URL, an address of IPv6 has brackets around it.
    hostname: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port: url.port === '' ? portOf(protocol) : Number(url.port),
    username: user ?? (isAnonymous ? 'guest' : decodeURIComponent(url.username)),
    password: password ?? (isAnonymous ? 'guest' : decodeURIComponent(url.password)),
    vhost: vhost ?? (path === '' ? '/' : path),
  };
}

function portOf(protocol: Place['protocol']): number {
  return protocol === 'amqp' ? 5672 : 5671;
}
