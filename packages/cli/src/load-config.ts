import { LOG_LEVELS } from '@rt/core';
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { codeOf, messageOf, usageError } from './command-error.ts';
import type { AnyConfig } from './config.ts';
import { isDrainMs, isPort } from './number-option.ts';
import { plugsProblem } from './plugs-problem.ts';
import { shown } from './shown.ts';

/** The names that are looked for in the working directory, in this order. */
export const CONFIG_FILES = ['rt.config.ts', 'rt.config.js', 'rt.config.mjs'] as const;

/** A config and the name of its file, for messages. */
export interface LoadedConfig {
  readonly file: string;
  readonly config: AnyConfig;
}

/**
 * Imports the config at `path`, or without one the first of `CONFIG_FILES` that is there; an empty config where none is.
 * Node strips the types. Throws a usage error for a file that is missing or wrong.
 */
export async function loadConfig(path: string | undefined): Promise<LoadedConfig> {
  const found = path ?? CONFIG_FILES.find((name) => existsSync(name));
  if (found === undefined) return { file: CONFIG_FILES[0], config: {} };
  if (!existsSync(found)) throw usageError(`there is no config file ${found}: correct --config`);
  const exported = await importConfig(found);
  const config = Reflect.get(exported, 'default') as unknown;
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw usageError(`${found}: has no config as its default export: write "export default defineConfig({ … })"`);
  }
  const problem = configProblem(config);
  if (problem !== undefined) throw usageError(`${found}: ${problem}`);
  return { file: found, config };
}

async function importConfig(file: string): Promise<object> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as object;
  } catch (cause) {
    const reason = messageOf(cause).trim().split('\n', 1)[0] ?? '';
    throw usageError(`${file}${lineOf(file, cause)}: ${reason}${hint(cause)}`, cause);
  }
}

/** The line of the mistake: Node puts it before or into the stack, as `file:line`. */
function lineOf(file: string, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const at = stack.indexOf(`${basename(file)}:`);
  const line = at === -1 ? undefined : /^\d+/.exec(stack.slice(at + basename(file).length + 1))?.[0];
  return line === undefined ? '' : `:${line}`;
}

function hint(error: unknown): string {
  return codeOf(error) === 'ERR_MODULE_NOT_FOUND'
    ? ': install it, or correct the import'
    : ': correct it and start again';
}

/** What is wrong with the parts that are not options of `Realtime`, which checks its own. */
function configProblem(config: object): string | undefined {
  const { port, host, logLevel, drainMs, authorizers, handlers, methods, setup } = config as Readonly<
    Record<keyof AnyConfig, unknown>
  >;
  if (port !== undefined && !isPort(port)) return `port is ${shown(port)}: use a whole number from 0 to 65535`;
  if (host !== undefined && (typeof host !== 'string' || host === ''))
    return `host is ${shown(host)}: use a name or address`;
  if (logLevel !== undefined && !LOG_LEVELS.some((level) => level === logLevel)) {
    return `logLevel is ${shown(logLevel)}: use ${LOG_LEVELS.join(', ')}`;
  }
  if (drainMs !== undefined && !isDrainMs(drainMs))
    return `drainMs is ${shown(drainMs)}: use whole milliseconds, 0 or more`;
  if (setup !== undefined && typeof setup !== 'function') return `setup is ${shown(setup)}: use a function`;
  return (
    plugsProblem(config) ??
    functionsProblem('authorizers', authorizers, "{ 'private-chat.*': ({ user }) => … }") ??
    (handlers === undefined ? undefined : handlersProblem(handlers)) ??
    functionsProblem('methods', methods, "{ 'rooms.search': ({ input }) => … }")
  );
}

/** What is wrong with functions by name, or by pattern; `example` shows what they look like. */
function functionsProblem(key: string, functions: unknown, example: string): string | undefined {
  if (functions === undefined) return undefined;
  if (typeof functions !== 'object' || functions === null) return `${key} is ${shown(functions)}: use ${example}`;
  const wrong = Object.entries(functions).find(([, each]) => typeof each !== 'function');
  return wrong === undefined ? undefined : `${key}["${wrong[0]}"] is ${shown(wrong[1])}: use ${example}`;
}

function handlersProblem(handlers: unknown): string | undefined {
  const shape = "use { 'chat.*': { 'message.sent': (message) => … } }";
  if (typeof handlers !== 'object' || handlers === null) return `handlers is ${shown(handlers)}: ${shape}`;
  for (const [pattern, byEvent] of Object.entries(handlers) as [string, unknown][]) {
    if (typeof byEvent !== 'object' || byEvent === null) return `handlers["${pattern}"] is ${shown(byEvent)}: ${shape}`;
    for (const [event, handler] of Object.entries(byEvent) as [string, unknown][]) {
      if (typeof handler !== 'function') return `handlers["${pattern}"]["${event}"] is ${shown(handler)}: ${shape}`;
    }
  }
  return undefined;
}
