import type { Command } from 'commander';
import { text } from 'node:stream/consumers';
import { keyOption, publishMessage } from '../broadcast-api.ts';
import { parseJsonArgument } from '../json-argument.ts';
import { serverUrl, urlOption } from '../server-url.ts';

interface PublishFlags {
  readonly url: string;
  readonly key?: string;
  readonly json?: true;
}

const EXAMPLES = `
Prints the id of the message.

Examples:
  rt publish chat.room.1 message.sent '{"text":"hi"}'
  date | jq -R . | rt publish news clock.ticked -
  rt publish news page.changed --url https://realtime.example.com`;

/** Adds `rt publish` to the program. */
export function addPublish(program: Command): void {
  program
    .command('publish')
    .description('send a message to everybody subscribed to a channel')
    .argument('<channel>', 'for example chat.room.1')
    .argument('<event>', 'for example message.sent')
    .argument('[json]', 'the data; - reads it from standard input')
    .addOption(urlOption())
    .addOption(keyOption())
    .option('--json', 'print the whole answer as JSON')
    .addHelpText('after', EXAMPLES)
    .action(publish);
}

async function publish(channel: string, event: string, json: string | undefined, flags: PublishFlags): Promise<void> {
  const base = serverUrl(flags.url);
  const data = json === undefined ? undefined : parseJsonArgument(json === '-' ? await text(process.stdin) : json);
  const answer = await publishMessage(base, flags.key, { channel, event, data });
  console.log(flags.json ? JSON.stringify(answer) : String(Reflect.get(answer, 'id')));
}
