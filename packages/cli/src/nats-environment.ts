import type { NatsBrokerOptions } from '@rt/broker-nats';
import { usageError } from './command-error.ts';

/** Where NATS is: the options of its broker, and the same for people, without secrets. */
export interface NatsPlace {
  readonly options: NatsBrokerOptions;
  /** E.g. `127.0.0.1:4222`. */
  readonly place: string;
}

/**
 * Reads `NATS_URL` (nats://127.0.0.1:4222): one URL, or several of one cluster, separated by commas; user and password of the first one,
 * or its token (`nats://token@host`), are for all. Throws usage errors, in which no value of a URL stands.
 */
export function natsEnvironment(env: NodeJS.ProcessEnv = process.env): NatsPlace {
  // An empty variable is an unset one.
  const [first, ...others] = (env['NATS_URL'] || 'nats://127.0.0.1:4222').split(',').map((text) => parsed(text.trim()));
  const urls = [first!, ...others];
  const place = urls.map(({ hostname, port }) => `${hostname}:${port === '' ? 4222 : port}`).join(', ');
  if (others.length === 0) return { options: { url: first!.href }, place };
  const { username, password } = first!;
  const servers = urls.map(({ protocol, host }) => `${protocol}//${host}`);
  return { options: { servers, ...loginOf(decodeURIComponent(username), decodeURIComponent(password)) }, place };
}

function loginOf(user: string, password: string): NatsBrokerOptions {
  if (user === '') return {};
  return password === '' ? { token: user } : { user, password };
}

function parsed(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : new URL('x:');
  if (!/^(?:nats|tls):$/.test(url.protocol) || url.hostname === '' || !/^\/?$/.test(url.pathname)) {
    throw usageError('NATS_URL is no URL of a NATS: use nats://[user:password@]host[:port], or tls:// for TLS');
  }
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    // Not as its cause: that would carry the text.
    throw usageError('NATS_URL has a % in its user or password that begins no code: write it as %25');
  }
  return url;
}
