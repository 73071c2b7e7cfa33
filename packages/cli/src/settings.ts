import { consoleLogger } from '@rt/core';
import type { LogLevel, RealtimeOptions, Transport } from '@rt/core';
import { chooseBroker, chooseTransports } from './choose-plugs.ts';
import { usageError } from './command-error.ts';
import type { AnyConfig } from './config.ts';
import type { LoadedConfig } from './load-config.ts';
import type { ChosenBroker } from './plugs.ts';
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
  /** The one in `options`. */
  readonly broker: ChosenBroker;
  readonly port: number;
  readonly host: string;
  readonly drainMs: number;
  readonly authorizers: NonNullable<AnyConfig['authorizers']>;
  readonly handlers: NonNullable<AnyConfig['handlers']>;
  readonly methods: NonNullable<AnyConfig['methods']>;
  readonly setup: AnyConfig['setup'];
}

/** Merges: flags and environment beat the config, the config beats the defaults. Throws usage errors. */
export async function serveSettings(flags: ServeFlags, { file, config }: LoadedConfig): Promise<ServeSettings> {
  const { transports, defaultTransport, broker, brokers, defaultBroker, ...others } = config;
  // What is left is for `Realtime`, which refuses what it does not know: no list here that would have to follow it.
  const { port, host, logLevel, drainMs, authorizers, handlers, methods, setup, ...rest } = others;
  const apiKey = checkedApiKey(flags.apiKey);
  const tls = await readTlsFiles(flags.tlsKey, flags.tlsCert);
  const chosen = await chooseBroker(flags.broker, { broker, brokers, defaultBroker }, file);
  return {
    options: {
      ...rest,
      transports: await chooseTransports(flags.transport, { transports, defaultTransport }, file),
      broker: chosen.broker,
      logger: rest.logger ?? consoleLogger(flags.logLevel ?? logLevel ?? 'info'),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(tls === undefined ? {} : { tls }),
    },
    broker: chosen,
    port: flags.port ?? port ?? 6001,
    host: flags.host ?? host ?? '127.0.0.1',
    drainMs: flags.drainMs ?? drainMs ?? 20_000,
    authorizers: authorizers ?? {},
    handlers: handlers ?? {},
    methods: methods ?? {},
    setup,
  };
}

/** Core checks the length too, but would not know that the key is a flag's; a key with a space fits in no header. */
function checkedApiKey(apiKey: string | undefined): string | undefined {
  if (apiKey === undefined || /^[\x21-\x7e]{16,}$/.test(apiKey)) return apiKey;
  throw usageError(
    'the API key (--api-key, REALTIME_API_KEY) needs at least 16 printable ASCII characters without spaces',
  );
}
