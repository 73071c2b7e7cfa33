import type { Broker, Transport } from '@rt/core';
import { messageOf, usageError } from './command-error.ts';
import type { CommandError } from './command-error.ts';
import type { AnyConfig, Plug } from './config.ts';
import { ALL, BROKERS, isPlug, TRANSPORTS } from './plugs.ts';
import type { ChosenBroker } from './plugs.ts';

/** Some keys of a config. */
type Keys<Key extends keyof AnyConfig> = { readonly [Each in Key]: AnyConfig[Each] | undefined };

/** Makes the transports that a flag or variable names, separated by commas, or else the config. Throws usage errors. */
export async function chooseTransports(
  names: string | undefined,
  { transports = ['websocket'], defaultTransport }: Keys<'transports' | 'defaultTransport'>,
  file: string,
): Promise<readonly Transport[]> {
  const own = isList(transports) ? {} : transports;
  const fromConfig = defaultTransport ?? (isList(transports) ? transports : Object.keys(own));
  const wanted = (names?.split(',') ?? [fromConfig].flat()).flatMap((transport) =>
    transport === ALL && !Object.hasOwn(own, ALL) ? [...TRANSPORTS.keys()] : [transport],
  );
  const make = async (transport: string | Transport): Promise<Transport> => {
    if (typeof transport !== 'string') return transport;
    if (Object.hasOwn(own, transport)) return made(own[transport]!, `${file}: transports["${transport}"]`);
    const create = TRANSPORTS.get(transport);
    if (create !== undefined) return create();
    const builtIn = [...TRANSPORTS.keys(), ALL];
    throw unknown('transport', transport, { from: names === undefined ? `${file}: ` : '', known: [own, builtIn] });
  };
  return Promise.all(Array.from(new Set(wanted), make));
}

/** Makes the broker that a flag or variable names, or else the config. Throws usage errors. */
export async function chooseBroker(
  name: string | undefined,
  { broker, defaultBroker, brokers = {} }: Keys<'broker' | 'defaultBroker' | 'brokers'>,
  file: string,
): Promise<ChosenBroker> {
  const remedy = (): string => `start what it needs, or correct it in ${file}`;
  if (name === undefined && typeof broker === 'object') {
    return { broker, about: aboutOf(broker, broker.name, file), remedy };
  }
  const fromConfig = typeof broker === 'string' ? broker : defaultBroker;
  const wanted = name ?? fromConfig ?? onlyOne(Object.keys(brokers), file) ?? 'memory';
  if (Object.hasOwn(brokers, wanted)) {
    const own = await made(brokers[wanted]!, `${file}: brokers["${wanted}"]`);
    return { broker: own, about: aboutOf(own, wanted, file), remedy };
  }
  const create = BROKERS.get(wanted);
  if (create !== undefined) return create();
  const builtIn = [...BROKERS.keys()];
  throw unknown('broker', wanted, { from: name === undefined ? `${file}: ` : '', known: [brokers, builtIn] });
}

/** What a broker of the config is, and where it connects to if it does. */
function aboutOf({ name, target }: Broker, called: string, file: string): string {
  const where = target === undefined ? '' : `: ${name} at ${target}`;
  return `${called}, of ${file}${where}`;
}

function isList(
  transports: NonNullable<AnyConfig['transports']>,
): transports is Extract<AnyConfig['transports'], readonly unknown[]> {
  return Array.isArray(transports);
}

/** Which broker is used where nobody says: to take one of several would be a guess. */
function onlyOne(names: readonly string[], file: string): string | undefined {
  if (names.length < 2) return names[0];
  throw usageError(`${file}: which of the brokers ${names.join(', ')} is to be used? Say so with defaultBroker`);
}

/** `where` begins the error for a factory that fails. */
async function made<Made extends object>(plug: Plug<Made>, where: string): Promise<Made> {
  if (typeof plug !== 'function') return plug;
  let result: Made;
  try {
    result = await plug();
  } catch (cause) {
    throw usageError(`${where} can't be made: ${messageOf(cause)}`, cause);
  }
  if (isPlug(result)) return result;
  throw usageError(`${where} makes something else: return what a factory such as websocket() or redisBroker() does`);
}

interface Unknown {
  /** A file and colon, or nothing: begins the message. */
  readonly from: string;
  /** Those of the config, and those that are built in. */
  readonly known: readonly [own: object, builtIn: readonly string[]];
}

function unknown(kind: string, name: string, { from, known: [own, builtIn] }: Unknown): CommandError {
  const known = new Intl.ListFormat('en', { type: 'disjunction' }).format(new Set([...Object.keys(own), ...builtIn]));
  return usageError(`${from}${problem(kind, name)}: use ${known}`);
}

function problem(kind: string, name: string): string {
  if (kind === 'transport' && name === 'memory') {
    return 'the transport "memory" has no listener, nobody could connect';
  }
  return `there is no ${kind} "${name}"`;
}
