import { LOG_LEVELS, Realtime } from '@rt/core';
import type { Listening } from '@rt/core';
import { RealtimeError } from '@rt/protocol';
import { Option } from 'commander';
import type { Command } from 'commander';
import { codeOf, failure, messageOf, usageError } from '../command-error.ts';
import { CONFIG_FILES, loadConfig } from '../load-config.ts';
import { parseDrainMs, parsePort } from '../number-option.ts';
import { serveSettings } from '../settings.ts';
import type { ServeFlags, ServeSettings } from '../settings.ts';
import { StopSignals } from '../stop-signals.ts';
import { version } from '../version.ts';
import { watch } from '../watch.ts';

const EXAMPLES = `
Flags beat the environment, the environment beats the config file.

Where the broker is, these say (default: this machine, at its usual port):
  redis     REDIS_URL, or REDIS_HOST and REDIS_PORT, REDIS_USERNAME, REDIS_PASSWORD, REDIS_DB
  nats      NATS_URL, several of one cluster separated by commas
  rabbitmq  RABBITMQ_URL, or RABBITMQ_HOST and RABBITMQ_PORT, RABBITMQ_USER, RABBITMQ_PASSWORD, RABBITMQ_VHOST

Examples:
  rt serve
  REDIS_HOST=redis.internal rt serve --broker redis
  rt serve --port 8080 --host 0.0.0.0 --transport all
  REALTIME_API_KEY=$(openssl rand -hex 16) rt serve --config chat.config.ts --watch
  rt serve --tls-key key.pem --tls-cert cert.pem`;

/** Adds `rt serve` to the program. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run a realtime server')
    .addOption(
      new Option(
        '--transport <names>',
        'how clients connect, separated by commas: websocket, sse, longpolling, all, or names of the config (default: websocket)',
      ).env('REALTIME_TRANSPORT'),
    )
    .addOption(
      new Option(
        '--broker <name>',
        'what carries messages between servers: memory (this process only), redis, nats, rabbitmq, null (messages go nowhere), or a name of the config (default: memory)',
      ).env('REALTIME_BROKER'),
    )
    .addOption(
      new Option('--port <port>', 'where to listen; 0 takes a free port (default: 6001)')
        .argParser(parsePort)
        .env('REALTIME_PORT'),
    )
    .addOption(
      new Option('--host <host>', 'the address to listen on; 0.0.0.0 for everybody (default: 127.0.0.1)').env(
        'REALTIME_HOST',
      ),
    )
    .option(
      '--config <file>',
      `the config file (default: ${CONFIG_FILES.join(', ')} in this folder, where there is one)`,
    )
    .addOption(new Option('--tls-key <file>', 'private key (PEM): serve https and wss').env('REALTIME_TLS_KEY'))
    .addOption(new Option('--tls-cert <file>', 'certificate chain (PEM)').env('REALTIME_TLS_CERT'))
    .addOption(
      new Option('--api-key <key>', 'turns on the HTTP API; in the environment it is out of sight of "ps"').env(
        'REALTIME_API_KEY',
      ),
    )
    .addOption(
      new Option('--log-level <level>', 'how much the log on standard error says (default: info)')
        .choices(LOG_LEVELS)
        .env('REALTIME_LOG_LEVEL'),
    )
    .addOption(
      new Option('--drain-ms <ms>', 'how long clients have to move when the server ends (default: 20000)').argParser(
        parseDrainMs,
      ),
    )
    .option(
      '--watch',
      'start again when the config file or what it imports changes; clients are then not drained, unless --drain-ms says so',
    )
    .addHelpText('after', EXAMPLES)
    .action(serve);
}

async function serve(flags: ServeFlags): Promise<void> {
  if (flags.watch) {
    await watch(flags.drainMs);
    return;
  }
  const loaded = await loadConfig(flags.config);
  const settings = await serveSettings(flags, loaded);
  const realtime = createRealtime(settings, loaded.file);
  try {
    await settings.setup?.(realtime);
  } catch (cause) {
    throw failure(`${loaded.file}: setup(realtime) failed: ${messageOf(cause)}`, cause);
  }
  await connectBroker(realtime, settings);
  const listening = await listen(realtime, settings);
  const signals = new StopSignals();
  console.log(greeting(settings, listening));
  const signal = await signals.first;
  console.error(`${signal}: ${ending(settings.drainMs)}`);
  const cutShort = signals.second.then((second) =>
    Promise.reject(failure(`${second}: ended before every client had moved`)),
  );
  await Promise.race([realtime.close({ drainMs: settings.drainMs }), cutShort]);
}

function createRealtime({ options, authorizers, handlers, methods }: ServeSettings, file: string): Realtime {
  try {
    const realtime = new Realtime(options);
    for (const [pattern, authorizer] of Object.entries(authorizers)) realtime.authorize(pattern, authorizer);
    for (const [pattern, byEvent] of Object.entries(handlers)) {
      for (const [event, handler] of Object.entries(byEvent)) realtime.handle(pattern, event, handler);
    }
    for (const [name, method] of Object.entries(methods)) realtime.method(name, method);
    return realtime;
  } catch (error) {
    // What flags say was checked before, so it is the config that is wrong.
    if (error instanceof RealtimeError) throw usageError(`${file}: ${error.message}`, error);
    throw error;
  }
}

/** First, so that what goes wrong with the broker is not taken for trouble with the port. */
async function connectBroker(
  realtime: Realtime,
  { broker: { broker, remedy }, options }: ServeSettings,
): Promise<void> {
  try {
    await realtime.start();
  } catch (cause) {
    const reason = messageOf(cause).replace(/\.$/, '');
    throw usageError(`${reason}: ${remedy(reason)}`, cause);
  }
  const { logger } = options;
  if (logger === undefined || logger === false) return;
  realtime.on('broker', ({ state, reason }) => {
    if (state === 'up') logger.info('the broker answers again', { broker: broker.name });
    else logger.error('the broker does not answer', { broker: broker.name, reason });
  });
}

async function listen(realtime: Realtime, { port, host }: ServeSettings): Promise<Listening> {
  try {
    return await realtime.listen({ port, host });
  } catch (error) {
    switch (codeOf(error)) {
      case 'EADDRINUSE':
        throw usageError(`port ${port} of ${host} is taken: stop what uses it, or choose another with --port`, error);
      case 'EACCES':
        throw usageError(
          `port ${port} of ${host} is not allowed for this user: choose one above 1023 with --port`,
          error,
        );
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        throw usageError(`${host} is no address of this machine: choose another with --host`, error);
      default:
        throw failure(`the server could not start: ${messageOf(error)}`, error);
    }
  }
}

function ending(drainMs: number): string {
  if (drainMs === 0) return 'closing';
  return `draining, clients have up to ${drainMs / 1000} s to move; a second signal ends it at once`;
}

function greeting({ options, broker }: ServeSettings, { url }: Listening): string {
  const base = `${url}${options.basePath ?? '/realtime'}`;
  const rows: readonly (readonly [name: string, text: string])[] = [
    ...options.transports.map((transport) => {
      const from = transport.handleUpgrade === undefined ? base : base.replace(/^http/, 'ws');
      return [transport.name, `${from}${transport.path ?? ''}`] as const;
    }),
    ['script', `${base}/client.js`],
    [
      'HTTP API',
      options.apiKey === undefined ? 'off: give --api-key or REALTIME_API_KEY to turn it on' : `${base}/api/v1`,
    ],
    ['broker', broker.about],
  ];
  const width = Math.max(10, ...rows.map(([name]) => name.length));
  return [`rt ${version()} listens on ${url}`, ...rows.map(([name, text]) => `  ${name.padEnd(width)} ${text}`)].join(
    '\n',
  );
}
