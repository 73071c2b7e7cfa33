import { Option } from 'commander';
import { usageError } from './command-error.ts';

const DEFAULT_PATH = '/realtime';

/** `--url` of the commands that talk to a server. */
export function urlOption(): Option {
  return new Option('--url <url>', 'where the server is; without a path it means /realtime')
    .default('http://localhost:6001')
    .env('REALTIME_URL');
}

/** The base of a server's routes, `http(s)://host[:port]/path` without a slash at its end. Throws a usage error. */
export function serverUrl(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^(http|ws)s?:$/.test(url.protocol)) {
    throw usageError(`"${given}" is no server's URL: give --url one such as http://localhost:6001`);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw usageError('--url takes scheme, host, port and path only: no user, query or fragment');
  }
  const path = url.pathname === '/' ? DEFAULT_PATH : url.pathname.replace(/\/$/, '');
  return `${url.protocol.replace('ws', 'http')}//${url.host}${path}`;
}
