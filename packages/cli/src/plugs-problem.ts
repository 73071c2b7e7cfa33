import type { AnyConfig } from './config.ts';
import { isPlug } from './plugs.ts';
import { shown } from './shown.ts';

/** What can be chosen by a flag: no comma, which separates names there, and nothing that a shell takes for something else. */
const NAME = /^[\w-]+$/;

/** What is wrong with how a config names transports and brokers, whichever of them are used. */
export function plugsProblem(config: Readonly<Partial<Record<keyof AnyConfig, unknown>>>): string | undefined {
  const { transports, defaultTransport, broker, brokers, defaultBroker } = config;
  return (
    transportsProblem(transports, defaultTransport) ??
    (brokers === undefined ? undefined : recordProblem('brokers', brokers)) ??
    brokerProblem(broker, defaultBroker)
  );
}

function transportsProblem(transports: unknown, defaultTransport: unknown): string | undefined {
  if (isEmpty(transports)) return "transports is empty: use ['websocket']";
  if (Array.isArray(transports)) {
    if (defaultTransport !== undefined) {
      return 'defaultTransport chooses among transports with names: use { main: websocket() }, or leave it out';
    }
    if (transports.every((each) => typeof each === 'string' || isPlug(each))) return undefined;
    return "transports has one that is neither a name nor a transport: use ['websocket'] or [websocket()]";
  }
  const problem = transports === undefined ? undefined : recordProblem('transports', transports);
  if (problem !== undefined || defaultTransport === undefined) return problem;
  const names: unknown[] = [defaultTransport].flat();
  if (names.length > 0 && names.every((name) => typeof name === 'string')) return undefined;
  return `defaultTransport is ${shown(defaultTransport)}: use a name, or a list of names`;
}

function brokerProblem(broker: unknown, defaultBroker: unknown): string | undefined {
  if (broker !== undefined && typeof broker !== 'string' && !isPlug(broker)) {
    return 'broker is neither a name nor a broker: use one such as memoryBroker()';
  }
  if (defaultBroker === undefined) return undefined;
  if (broker !== undefined) return 'broker and defaultBroker say the same: leave one of them out';
  return typeof defaultBroker === 'string' ? undefined : `defaultBroker is ${shown(defaultBroker)}: use a name`;
}

/** Tells keys, never values: in the place of a broker may stand options with a password. */
function recordProblem(key: 'transports' | 'brokers', plugs: unknown): string | undefined {
  const example = key === 'brokers' ? 'redisBroker()' : 'websocket()';
  const shape = `use { main: ${example} } or { main: () => ${example} }`;
  if (!isObject(plugs) || Array.isArray(plugs)) return `${key} is no object: ${shape}`;
  for (const [name, plug] of Object.entries(plugs)) {
    if (!NAME.test(name)) return `${key} has the name ${shown(name)}: use letters, digits, _ and -`;
    if (typeof plug !== 'function' && !isPlug(plug)) return `${key}["${name}"] is no ${key.slice(0, -1)}: ${shape}`;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}
