import { consoleLogger } from '@rt/core';
import type { LogLevel, RealtimeOptions, Transport } from '@rt/core';
import { usageError } from './command-error.ts';
import type { RtConfig } from './config.ts';
import type { LoadedConfig } from './load-config.ts';
import { namedBroker, namedTransport } from './plugs.ts';
import { readTlsFiles } from './tls-files.ts';

/** The flags of `rt serve`; commander has put the environment where a flag was not given. */
export interface ServeFlags {
  readonly transport?: string;
  readonly broker?: string;
  readonly port?: number;
  readonly host?: string;
  readonly config?: string;
  readonly tlsKey?: string;
  readonly tlsCert?: string;
  readonly apiKey?: string;
  readonly logLevel?: LogLevel;
  readonly drainMs?: number;
  readonly watch?: true;
}

/** Everything that `rt serve` starts with. */
export interface ServeSettings {
  readonly options: RealtimeOptions & { readonly transports: readonly Transport[] };
  readonly port: number;
  readonly host: string;
  readonly drainMs: number;
  readonly authorizers: NonNullable<RtConfig['authorizers']>;
  readonly handlers: NonNullable<RtConfig['handlers']>;
  readonly setup: RtConfig['setup'];
}

/** Merges: flags and environment beat the config, the config beats the defaults. Throws usage errors. */
export async function serveSettings(flags: ServeFlags, { file, config }: LoadedConfig): Promise<ServeSettings> {
  // What is left is for `Realtime`, which refuses what it does not know: no list here that would have to follow it.
  const { transports, broker, port, host, logLevel, drainMs, authorizers, handlers, setup, ...rest } = config;
  const apiKey = checkedApiKey(flags.apiKey);
  const tls = await readTlsFiles(flags.tlsKey, flags.tlsCert);
  return {
    options: {
      ...rest,
      transports:
        flags.transport === undefined
          ? configTransports(transports, file)
          : flags.transport.split(',').map((name) => namedTransport(name)),
      broker: flags.broker === undefined ? configBroker(broker, file) : namedBroker(flags.broker),
      logger: rest.logger ?? consoleLogger(flags.logLevel ?? logLevel ?? 'info'),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(tls === undefined ? {} : { tls }),
    },
    port: flags.port ?? port ?? 6001,
    host: flags.host ?? host ?? '127.0.0.1',
    drainMs: flags.drainMs ?? drainMs ?? 20_000,
    authorizers: authorizers ?? {},
    handlers: handlers ?? {},
    setup,
  };
}

function configTransports(transports: RtConfig['transports'] = ['websocket'], file: string): readonly Transport[] {
  if (!Array.isArray(transports) || transports.length === 0) {
    throw usageError(`${file}: transports is empty or no list: use ['websocket']`);
  }
  return transports.map((transport: string | Transport) =>
    typeof transport === 'string' ? namedTransport(transport, `${file}: `) : transport,
  );
}

function configBroker(broker: RtConfig['broker'] = 'memory', file: string): NonNullable<RealtimeOptions['broker']> {
  return typeof broker === 'string' ? namedBroker(broker, `${file}: `) : broker;
}

/** Core checks the length too, but would not know that the key is a flag's; a key with a space fits in no header. */
function checkedApiKey(apiKey: string | undefined): string | undefined {
  if (apiKey === undefined || /^[\x21-\x7e]{16,}$/.test(apiKey)) return apiKey;
  throw usageError(
    'the API key (--api-key, REALTIME_API_KEY) needs at least 16 printable ASCII characters without spaces',
  );
}
