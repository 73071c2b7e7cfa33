import { PatternMap } from '@rt/protocol';
import type { ChannelContract } from '@rt/protocol';
import { userChannel } from '@rt/core';
import type { Command } from 'commander';
import { keyOption, publishMessage } from '../broadcast-api.ts';
import { messageOf, usageError } from '../command-error.ts';
import type { AnyConfig } from '../config.ts';
import { parseJsonArgument } from '../json-argument.ts';
import { loadConfig } from '../load-config.ts';
import { serverUrl, urlOption } from '../server-url.ts';

interface TestFlags {
  readonly channel?: string;
  readonly user?: string;
  readonly data?: string;
  readonly config?: string;
  readonly url: string;
  readonly key?: string;
  readonly json?: true;
}

const EXAMPLES = `
Without --data the data is the example that the contract of the config has for the event.
Prints the channel and the data as they were sent.

Examples:
  rt test notification.new --user 7
  rt test message.sent --channel chat.lobby --data '{"text":"hi"}'`;

/** Adds `rt test` to the program. */
export function addTest(program: Command): void {
  program
    .command('test')
    .description('send an example of an event to a channel or a user, to see what clients make of it')
    .argument('<event>', 'for example message.sent')
    .option('--channel <name>', 'the channel to send it to')
    .option('--user <id>', 'the user to send it to, on whichever device')
    .option('--data <json>', "the data, in place of the contract's example")
    .option('--config <file>', 'the config with the contract (default: rt.config.ts, .js or .mjs, where there is one)')
    .addOption(urlOption())
    .addOption(keyOption())
    .option('--json', "print the server's answer as JSON")
    .addHelpText('after', EXAMPLES)
    .action(test);
}

async function test(event: string, flags: TestFlags): Promise<void> {
  const channel = channelOf(flags);
  const base = serverUrl(flags.url);
  const given = flags.data === undefined ? undefined : parseJsonArgument(flags.data);
  const { config } = await loadConfig(flags.config);
  const data = given === undefined ? exampleOf(config, channel, event) : given;
  const answer = await publishMessage(base, flags.key ?? config.apiKey, { channel, event, data });
  console.log(flags.json ? JSON.stringify(answer) : `${channel} ${event} ${JSON.stringify(data)}`);
}

function channelOf({ channel, user }: TestFlags): string {
  if ((channel === undefined) === (user === undefined)) {
    throw usageError('where to? Give --channel <name> or --user <id>, one of them');
  }
  return channel ?? userChannel(user!);
}

/** The contract's example of `event`; `null` where there is no contract that knows the channel, as the data is anything then. */
function exampleOf({ contract }: AnyConfig, channel: string, event: string): unknown {
  const channels = new PatternMap<ChannelContract>();
  try {
    for (const [pattern, each] of Object.entries(contract?.channels ?? {})) channels.add(pattern, each);
  } catch (cause) {
    throw usageError(`the contract of the config: ${messageOf(cause)}`, cause);
  }
  const known = channels.find(channel)?.value;
  if (known === undefined) return null;
  const examples = known.examples ?? {};
  if (Object.hasOwn(examples, event)) return examples[event];
  throw usageError(`the contract has no example of ${event} for ${channel}: give --data, or add it to "examples"`);
}
