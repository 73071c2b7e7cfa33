/** How large, and what of it. */
export interface Size {
  readonly channels: number;
  readonly events: number;
  /** How many of them clients may send as well. */
  readonly sends: number;
  /** How many of these are used, on both sides. */
  readonly used: number;
}

/** What programs of these import, and a contract of one event: what an application pays for the libraries themselves. */
export const SMALLEST = application({ channels: 1, events: 1, sends: 1, used: 0 });

/** The schemas of `application` alone, in plain objects: what they cost without a contract. */
export function schemasAlone({ channels, events, sends }: Size): string {
  const rows = each(
    channels,
    (channel) => `  ${channel}: [{\n${schemas(channel, events)}\n  }, {\n${schemas(channel, sends)}\n  }],`,
  );
  return ["import { z } from 'zod';", 'export const schemas = {', ...rows, '};'].join('\n');
}

/**
 * A program with a contract of `channels` patterns with `events` events each, and with one
 * client and one server that listen, send, broadcast and handle.
 */
export function application({ channels, events, sends, used }: Size): string {
  const uses = each(used === 0 ? 0 : channels, (channel) => [
    `const by${channel} = client.channel('channel-${channel}.{id}', { id: 'x' });`,
    `const of${channel} = client.subscribe('channel-${channel}.7');`,
    ...each(used, (event) => [
      `by${channel}.on('event-${event}', (data) => data.field${channel}.toFixed());`,
      `void of${channel}.send('event-${event}', { id: '', field${channel}: 1 });`,
      `void realtime.broadcast('channel-${channel}.7', 'event-${event}', { id: '', field${channel}: 1 });`,
      `realtime.handle('channel-${channel}.{id}', 'event-${event}', ({ data, params }) => void (data.id + params.id));`,
    ]).flat(),
  ]);
  return [
    "import { RealtimeClient } from '@rt/client';",
    "import { defineContract, Realtime } from '@rt/core';",
    "import { z } from 'zod';",
    ...contract({ channels, events, sends }),
    'export const realtime = new Realtime({ contract });',
    "export const client = new RealtimeClient<typeof contract>('');",
    ...uses.flat(),
  ].join('\n');
}

/** An `rt.config.ts` with such a contract, and a handler and an authorizer for each of its patterns. */
export function config(size: Omit<Size, 'used'>): string {
  const { channels } = size;
  return [
    "import { defineConfig } from '@rt/cli';",
    "import { defineContract } from '@rt/core';",
    "import { z } from 'zod';",
    ...contract(size),
    'export default defineConfig({ contract, handlers: {',
    ...each(channels, (channel) => {
      const handler = `({ data, params }) => void (data.field${channel}.toFixed() + params.id)`;
      return `  'channel-${channel}.{id}': { 'event-0': ${handler} },`;
    }),
    '}, authorizers: {',
    ...each(channels, (channel) => `  'channel-${channel}.{id}': ({ params }) => params.id !== '',`),
    '} });',
  ].join('\n');
}

function contract({ channels, events, sends }: Omit<Size, 'used'>): string[] {
  const rows = each(channels, (channel) => {
    const [delivered, sent] = [schemas(channel, events), schemas(channel, sends)];
    return `  'channel-${channel}.{id}': {\n  events: {\n${delivered}\n  },\n  send: {\n${sent}\n  } },`;
  });
  return ['export const contract = defineContract({ channels: {', ...rows, '} });'];
}

function schemas(channel: number, events: number): string {
  return each(
    events,
    (event) => `    'event-${event}': z.object({ id: z.string(), field${channel}: z.number() }),`,
  ).join('\n');
}

function each<Made>(count: number, make: (index: number) => Made): Made[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
