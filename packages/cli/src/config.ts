import type {
  Authorizer,
  Broker,
  Contract,
  LogLevel,
  MessageHandler,
  Realtime,
  RealtimeOptions,
  Transport,
} from '@rt/core';
import type { BrokerName, NamedTransport } from './plugs.ts';

/** What `rt serve` takes from `rt.config.ts`: everything that `new Realtime` takes, and what a process of its own needs. */
export interface RtConfig<Definition extends Contract = Contract> extends Omit<
  RealtimeOptions<Definition>,
  'transports' | 'broker'
> {
  /** How clients connect, by name or ready-made. Default `['websocket']`. */
  readonly transports?: readonly (NamedTransport | Transport)[];
  /** What carries messages between nodes, by name or ready-made. Default `'memory'`: this process only. */
  readonly broker?: BrokerName | Broker;
  /** Default 6001; 0 takes a free one. */
  readonly port?: number;
  /** Default `127.0.0.1`: this machine only. `0.0.0.0` or `::` for everybody. */
  readonly host?: string;
  /** How much the log on standard error says. Default `info`; a `logger` of yours decides for itself. */
  readonly logLevel?: LogLevel;
  /** How long clients have to go elsewhere when the server ends, in milliseconds. Default 20,000. */
  readonly drainMs?: number;
  /** Authorizers by channel pattern, as `realtime.authorize` takes them. */
  readonly authorizers?: Readonly<Record<string, Authorizer>>;
  /** Handlers by channel pattern and event, as `realtime.handle` takes them. */
  readonly handlers?: Readonly<Record<string, Readonly<Record<string, MessageHandler>>>>;
  /** Runs before the server listens, for all that options can't say. */
  readonly setup?: (realtime: Realtime<Definition>) => void | Promise<void>;
}

/** Gives `rt.config.ts` its types: `export default defineConfig({ … })`. Returns what it gets. */
export function defineConfig<Definition extends Contract = Contract>(
  config: RtConfig<Definition>,
): RtConfig<Definition> {
  return config;
}
