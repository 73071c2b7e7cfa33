import { RealtimeError } from '@rt/protocol';
import type { Contract } from '@rt/protocol';
import { z } from 'zod';
import { contractOption } from './application-contract/contract-option.ts';
import type { ChannelRule } from './channel/channel-rules.ts';
import type { Authenticate } from './connection/user.ts';
import { consoleLogger } from './console-logger.ts';
import type { Broker } from './contracts/broker.ts';
import { systemClock } from './contracts/clock.ts';
import type { Clock } from './contracts/clock.ts';
import type { Logger } from './contracts/logger.ts';
import type { Transport } from './contracts/transport.ts';
import { isProxyAddress } from './http/trusted-proxies.ts';
import type { TrustProxy } from './http/trusted-proxies.ts';
import { defaultLimits } from './limits.ts';
import type { Limits } from './limits.ts';
import { memoryBroker } from './memory/memory-broker.ts';

/** Everything `new Realtime` takes. All of it is optional. */
export interface RealtimeOptions<Definition extends Contract = Contract> {
  /** How clients connect, e.g. `[websocket()]`. None: this process only publishes. */
  readonly transports?: readonly Transport[];
  /** What carries messages between nodes. Default `memoryBroker()`: this process only. */
  readonly broker?: Broker;
  /** Tells who a client is by its token or cookie. Default: everybody is anonymous, and a token is refused. */
  readonly authenticate?: Authenticate;
  /** Whether clients without a token are let in. Default `true`. */
  readonly anonymous?: boolean;
  /** Rules by channel pattern, merged key by key, the more specific pattern winning. Default: clients may send nowhere. */
  readonly channels?: Readonly<Record<string, ChannelRule>>;
  /** The channels, events and methods shared with the clients: their types, and what is checked at run time. */
  readonly contract?: Definition;
  /**
   * Whether what the application itself sends is checked against the contract in production (`NODE_ENV=production`) too.
   * Default `false`: only elsewhere. What clients send is always checked.
   */
  readonly validateOutgoing?: boolean;
  /** What one client or message may use; see `Limits` for each default. */
  readonly limits?: Partial<Limits>;
  /** Where the routes are. Default `/realtime`. */
  readonly basePath?: string;
  /**
   * The origins whose pages may connect, e.g. `https://app.example.com`, compared exactly.
   * Default: the server's own, and outside production also `localhost` and `127.0.0.1` on any port.
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * The proxies whose `X-Forwarded-For`, `-Host` and `-Proto` are believed: how many there are before this server (1 to 16),
   * or a list of their addresses and subnets, with `loopback` for this machine's, e.g. `['loopback', '10.0.0.0/8']`.
   * Default `false`: none, as everybody can write these headers.
   */
  readonly trustProxy?: TrustProxy;
  /** Turns on `POST …/api/v1/broadcast` for callers that send `Authorization: Bearer <apiKey>`. At least 16 characters. */
  readonly apiKey?: string;
  /** Certificate and key (PEM) for `listen`. */
  readonly tls?: { readonly key: string | Uint8Array; readonly cert: string | Uint8Array };
  /** Default: warnings and errors to standard error. `false`: silent. */
  readonly logger?: Logger | false;
  /** Time, for tests. */
  readonly clock?: Clock;
}

/** Options after parsing: every default in its place. */
export interface ParsedOptions {
  readonly transports: readonly Transport[];
  readonly broker: Broker;
  readonly authenticate: Authenticate | undefined;
  readonly anonymous: boolean;
  readonly channels: Readonly<Record<string, ChannelRule>>;
  readonly contract: Contract | undefined;
  readonly validateOutgoing: boolean;
  readonly limits: Limits;
  readonly basePath: string;
  readonly allowedOrigins: readonly string[] | undefined;
  readonly trustProxy: TrustProxy;
  readonly apiKey: string | undefined;
  readonly tls: RealtimeOptions['tls'];
  readonly logger: Logger;
  readonly clock: Clock;
}

const positive = z.int().min(1);
const callable = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'a function');
const having = (...methods: readonly string[]) =>
  z.custom<object>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((method) => typeof Reflect.get(value, method) === 'function'),
    `an object with the methods ${methods.join(', ')}`,
  );

const LATEST = "'event', 'user', or 'data.' and the name of a property";
const PROXY = "'loopback', an address, or a subnet such as 10.0.0.0/8 (but /0)";
const PROXIES = `false, how many proxies there are (1 to 16), or a list of their addresses, each ${PROXY}`;

const schema = z.strictObject({
  transports: z.array(having('attach', 'close')).optional(),
  broker: having('start', 'subscribe', 'unsubscribe', 'publish', 'health', 'close').optional(),
  authenticate: callable.optional(),
  anonymous: z.boolean().optional(),
  channels: z
    .record(
      z.string(),
      z.strictObject({
        send: z.union([z.boolean(), z.array(z.string().min(1))]).optional(),
        rate: z.record(z.string().min(1), positive).optional(),
        history: z.union([z.literal(false), z.strictObject({ size: positive, ttlMs: positive })]).optional(),
        slowReader: z
          .union(
            [
              z.enum(['catch-up', 'drop', 'cut']),
              z.strictObject({ latest: z.string().regex(/^(?:event|user|data\.[^.]+)$/, LATEST) }),
            ],
            `'catch-up', 'drop', 'cut' or { latest: … }, which is ${LATEST}`,
          )
          .optional(),
      }),
    )
    .optional(),
  contract: contractOption.optional(),
  validateOutgoing: z.boolean().optional(),
  limits: z
    .strictObject({
      maxFrameBytes: z.int().min(1024),
      maxMessageBytes: z.int().min(1024),
      maxChannels: positive,
      connectionsPerUser: positive,
      connectionsPerAddress: positive,
      messagesPerMinute: positive,
      messageBurst: positive,
      connectTimeoutMs: positive,
      requestTimeoutMs: z.int().min(1000),
      decisionTimeoutMs: positive,
      handlerTimeoutMs: positive,
      maxInvocations: positive,
      maxInvocationsTotal: positive,
      maxQueuedInvocations: z.int().min(0),
      maxQueuedInvocationsTotal: z.int().min(0),
      publishTimeoutMs: positive,
      beatMs: z.int().min(1000),
      beatAnswerMs: z.int().min(1000),
      maxQueuedBytes: z.int().min(64 * 1024),
      maxQueuedBytesTotal: z.int().min(64 * 1024),
      presenceGraceMs: z.int().min(0),
      presenceRosterLimit: z.int().min(0),
    } satisfies Record<keyof Limits, z.ZodType>)
    .partial()
    .optional(),
  basePath: z
    .string()
    .regex(/^(\/[A-Za-z0-9_\-.]+)+$/, 'a path such as /realtime, without a slash at its end')
    .optional(),
  allowedOrigins: z
    .array(
      z
        .string()
        .refine(
          (text) => URL.canParse(text) && new URL(text).origin === text,
          'an origin such as https://app.example.com',
        ),
    )
    .optional(),
  trustProxy: z
    .union(
      [z.literal(false), z.int().min(1).max(16), z.array(z.string().refine(isProxyAddress, PROXY)).min(1)],
      PROXIES,
    )
    .optional(),
  apiKey: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'at least 16 characters of ASCII without spaces: it travels in a header')
    .optional(),
  tls: z
    .strictObject({
      key: z.union([z.string(), z.instanceof(Uint8Array)]),
      cert: z.union([z.string(), z.instanceof(Uint8Array)]),
    })
    .optional(),
  logger: z.union([z.literal(false), having('debug', 'info', 'warn', 'error')]).optional(),
  clock: having('now', 'wallNow', 'after', 'every', 'soon').optional(),
});

/** Checks options once. Throws `BAD_OPTION` naming the path, the value and what is allowed. */
export function parseOptions(options: RealtimeOptions): ParsedOptions {
  const checked = schema.safeParse(options);
  if (!checked.success) throw badOption(options, checked.error.issues[0]);
  return {
    transports: options.transports ?? [],
    broker: options.broker ?? memoryBroker(),
    authenticate: options.authenticate,
    anonymous: options.anonymous ?? true,
    channels: options.channels ?? {},
    contract: options.contract,
    validateOutgoing: options.validateOutgoing ?? false,
    limits: { ...defaultLimits, ...options.limits },
    basePath: options.basePath ?? '/realtime',
    allowedOrigins: options.allowedOrigins,
    trustProxy: options.trustProxy ?? false,
    apiKey: options.apiKey,
    tls: options.tls,
    logger: options.logger === false ? consoleLogger('silent') : (options.logger ?? consoleLogger()),
    clock: options.clock ?? systemClock,
  };
}

/** Values of these are never repeated in an error: they end up in logs. */
const SECRET = new Set<PropertyKey | undefined>(['apiKey', 'tls']);

function badOption(options: RealtimeOptions, issue: z.core.$ZodIssue | undefined): RealtimeError {
  const path = issue?.path ?? [];
  const value = path.reduce<unknown>(
    (from, key) => (typeof from === 'object' && from !== null ? Reflect.get(from, key) : undefined),
    options,
  );
  const shown = SECRET.has(path[0]) ? '(hidden)' : typeof value === 'function' ? 'a function' : JSON.stringify(value);
  const where = path.length === 0 ? 'the options of Realtime' : `the option "${path.join('.')}" of Realtime`;
  const subject = path.length === 0 ? where : `${where} is ${shown}`;
  return new RealtimeError('BAD_OPTION', `${subject}: ${issue?.message ?? 'not allowed'}`);
}
