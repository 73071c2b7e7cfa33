import type { Broker, ChannelPattern, Contract, LogLevel, Realtime, RealtimeOptions, Transport } from '@rt/core';
import type { BrokerName, NamedTransport } from './plugs.ts';
import type { AuthorizersOf, HandlersOf, MethodsByName } from './registered.ts';

/** A transport or broker, or what makes it when it is chosen. */
export type Plug<Made extends object> = Made | (() => Made | Promise<Made>);

/**
 * What `rt serve` takes from `rt.config.ts`: everything that `new Realtime` takes, and what a process of its own needs.
 * `Brokers` and `Transports` are the names that the config itself gives, `Handled` and `Authorized` the patterns and channels that it
 * has handlers and authorizers for.
 */
export interface RtConfig<
  Definition extends Contract = Contract,
  Brokers extends string = never,
  Transports extends string = never,
  Handled extends string = ChannelPattern<Definition>,
  Authorized extends string = ChannelPattern<Definition>,
> extends Omit<RealtimeOptions<Definition>, 'transports' | 'broker'> {
  /**
   * How clients connect: a list, by name or ready-made, or transports by names of your own. Default `['websocket']`.
   * `all` is every built-in one. A name consists of letters, digits, `_` and `-`, as that of a broker does.
   */
  readonly transports?: readonly (NamedTransport | Transport)[] | Readonly<Record<Transports, Plug<Transport>>>;
  /** Which of those by name are used where neither flag nor environment say. Default: all. */
  readonly defaultTransport?: NoInfer<NamedTransport | Transports> | readonly NoInfer<NamedTransport | Transports>[];
  /** What carries messages between nodes, by name or ready-made. Default `'memory'`: this process only. */
  readonly broker?: NoInfer<BrokerName | Brokers> | Broker;
  /** Brokers by names of your own, of which one is used. A name that is built in means yours then. */
  readonly brokers?: Readonly<Record<Brokers, Plug<Broker>>>;
  /** Which broker is used where neither flag nor environment say. Default: the only one in `brokers`. Not together with `broker`. */
  readonly defaultBroker?: NoInfer<BrokerName | Brokers>;
  /** Default 6001; 0 takes a free one. */
  readonly port?: number;
  /** Default `127.0.0.1`: this machine only. `0.0.0.0` or `::` for everybody. */
  readonly host?: string;
  /** How much the log on standard error says. Default `info`; a `logger` of yours decides for itself. */
  readonly logLevel?: LogLevel;
  /** How long clients have to go elsewhere when the server ends, in milliseconds. Default 20,000. */
  readonly drainMs?: number;
  /** Authorizers by channel pattern, as `realtime.authorize` takes them: with a `contract`, typed by it. */
  readonly authorizers?: AuthorizersOf<Definition, Authorized>;
  /** Handlers by channel pattern and event, as `realtime.handle` takes them: with a `contract`, typed by it. */
  readonly handlers?: HandlersOf<Definition, Handled>;
  /** Methods by name, as `realtime.method` takes them: with a `contract`, typed by it. */
  readonly methods?: MethodsByName<Definition>;
  /** Runs before the server listens, for all that options can't say. */
  readonly setup?: (realtime: Realtime<Definition>) => void | Promise<void>;
}

/** A config with whatever names. */
export type AnyConfig = RtConfig<Contract, string, string, string, string>;

/**
 * Gives `rt.config.ts` its types: `export default defineConfig({ … })`. With a `contract` it holds handlers, authorizers and methods
 * to that. Returns what it gets.
 */
export function defineConfig<
  Definition extends Contract = Contract,
  Brokers extends string = never,
  Transports extends string = never,
  Handled extends string = ChannelPattern<Definition>,
  Authorized extends string = ChannelPattern<Definition>,
>(
  config: RtConfig<Definition, Brokers, Transports, Handled, Authorized>,
): RtConfig<Definition, Brokers, Transports, Handled, Authorized> {
  return config;
}
