import { RealtimeClient } from '@rt/client';
import type { Message, Subscription } from '@rt/client';
import { RealtimeError } from '@rt/protocol';
import { Option } from 'commander';
import type { Command } from 'commander';
import { failure, usageError } from '../command-error.ts';
import { printable } from '../printable.ts';
import { serverUrl, urlOption } from '../server-url.ts';
import { StopSignals } from '../stop-signals.ts';

interface ListenFlags {
  readonly url: string;
  readonly token?: string;
  readonly json?: true;
}

const EXAMPLES = `
Prints one line a message until Ctrl-C. What happens to the connection goes to standard error; it comes back by itself.

Examples:
  rt listen chat.room.1 chat.room.2
  rt listen news --url https://realtime.example.com --json | jq .data`;

/** Adds `rt listen` to the program. */
export function addListen(program: Command): void {
  program
    .command('listen')
    .description('print the messages of channels as they come')
    .argument('<channel...>', 'for example chat.room.1')
    .addOption(urlOption())
    .addOption(new Option('--token <token>', 'who you are; without it you are anonymous').env('REALTIME_TOKEN'))
    .option('--json', 'print JSON: { channel, event, data, id, at, user? }')
    .addHelpText('after', EXAMPLES)
    .action(listen);
}

async function listen(channels: readonly string[], flags: ListenFlags): Promise<void> {
  const { token } = flags;
  const url = serverUrl(flags.url);
  const client = new RealtimeClient(url, token === undefined ? {} : { token });
  const line = flags.json ? jsonLine : textLine;
  const end = Promise.withResolvers<void>();
  let told: RealtimeError | undefined;
  let noted = '';
  let wasOpen = false;
  // The client tells an error that ends something twice: as an error, and to whom it ends.
  const tell = (error: RealtimeError): void => {
    if (error !== told) note(refusal(error));
    told = error;
  };
  const fail = (error: RealtimeError): void => {
    tell(error);
    end.reject(failure(''));
  };
  client.on('error', tell);
  const ignoreStates = client.on('state', ({ state, error, retryInMs }) => {
    if (state === 'closed') return error === undefined ? end.resolve() : fail(error);
    if (error !== undefined) tell(error);
    wasOpen ||= state === 'open';
    // Each transport that is tried is a "connecting" of its own.
    if (state === noted) return;
    noted = state;
    const reason = error === undefined && !wasOpen ? `no rt server answers at ${url}, ` : '';
    note(retryInMs === undefined ? state : `${state}: ${reason}trying again in ${(retryInMs / 1000).toFixed(1)} s`);
  });
  // `rt listen … | head -1`: whoever read has enough.
  process.stdout.once('error', () => end.resolve());
  void new StopSignals().first.then(() => end.resolve());
  try {
    for (const subscription of channels.map((channel) => subscribe(client, channel))) {
      const { channel, lifecycle } = subscription;
      subscription.onAny((event, data, message) => process.stdout.write(`${printable(line(event, data, message))}\n`));
      lifecycle.on('subscribed', () => note(`listening to ${channel}`));
      lifecycle.on('gap', ({ reason }) => note(`${channel}: messages may be missing here (${reason})`));
      lifecycle.on('refused', fail);
      lifecycle.on('unsubscribed', ({ code = 'CLOSED', message = `the server ended the subscription of ${channel}` }) =>
        fail(new RealtimeError(code, message)),
      );
    }
    await end.promise;
  } finally {
    ignoreStates();
    client.close();
  }
}

function subscribe(client: RealtimeClient, channel: string): Subscription {
  try {
    return client.subscribe(channel);
  } catch (error) {
    if (error instanceof RealtimeError) throw usageError(refusal(error), error);
    throw error;
  }
}

function textLine(event: string, data: unknown, { channel, at }: Message): string {
  return `${new Date(at).toTimeString().slice(0, 8)} ${channel} ${event} ${JSON.stringify(data)}`;
}

function jsonLine(event: string, data: unknown, { channel, id, at, user }: Message): string {
  return JSON.stringify({ channel, event, data, id, at, user });
}

function refusal({ code, message }: RealtimeError): string {
  return `${code}: ${message}`;
}

function note(line: string): void {
  console.error(printable(line));
}
