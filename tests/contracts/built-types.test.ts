import { expect, it } from 'vitest';
import { typeCheck } from './type-checker.ts';

const HEAD = `
import { defineConfig } from '@rt/cli';
import { RealtimeClient } from '@rt/client';
import { broadcast, defineContract, Realtime } from '@rt/core';
import { z } from 'zod';
const contract = defineContract({
  channels: { 'chat.{roomId}': { events: { said: z.object({ text: z.string() }) } }, news: {} },
  methods: { search: {}, ping: {} },
});
const client = new RealtimeClient<typeof contract>('');
const realtime = new Realtime({ contract });
declare const name: string;
`;

/** What the compiler says of `code`, an application of the packages as they are built, or of their sources. */
function told(code: string, against: 'built' | 'sources' = 'built'): string {
  const lines = HEAD.split('\n').length;
  const text = `${HEAD}${code}\nexport { broadcast, client, defineConfig, name, realtime };`;
  const { problems } = typeCheck({ 'application.ts': text }, against);
  return problems.map((problem) => problem.replace(/:(\d+):/, (_, line) => `:${Number(line) - lines + 1}:`)).join('\n');
}

it('what the tests of the types say holds for the declarations that were built', { timeout: 180_000 }, () => {
  expect(
    typeCheck({
      'types.test.ts': undefined,
      'server-types.test.ts': undefined,
      'methods.test.ts': undefined,
      'checked-client.test.ts': undefined,
      'config-types.test.ts': undefined,
    }).problems,
  ).toEqual([]);
});

it('says in words what is wrong with a channel', { timeout: 180_000 }, () => {
  const problems = told(`
    client.subscribe(name);
    void realtime.broadcast('chats.1', 'said', { text: '' });
    client.subscribe('chat.{roomId}');
    void realtime.channel('chat.1').broadcast('siad', { text: '' });
    void realtime.broadcast('chat.1', 'said', { text: 7 });`).split('\n');
  expect(problems).toEqual([
    expect.stringMatching(
      /:2: Argument of type 'string' .* a channel is a literal name; .* use channel\(pattern, params\)/,
    ),
    expect.stringMatching(/:3: Argument of type 'string' .*no channel of the contract matches \\"chats\.1\\"/),
    expect.stringMatching(/:4: Argument of type 'string' .*\\"chat\.\{roomId\}\\" can not name a channel/),
    expect.stringMatching(/:5: Argument of type '"siad"' is not assignable to parameter of type '"said"'/),
    expect.stringMatching(/:6: Type 'number' is not assignable to type 'string'/),
  ]);
});

it(
  'says in words what is wrong with a pattern or a method, and not in those of the whole contract',
  { timeout: 180_000 },
  () => {
    const problems = told(
      `
    client.channel(name, { roomId: '1' });
    realtime.handle('chats.{id}', 'said', () => undefined);
    realtime.authorize('chats.{id}', () => true);
    void client.call('find');
    defineConfig({ contract, handlers: { 'chats.{id}': { said: () => undefined } } });
    defineConfig({ contract, handlers: { news: { said: () => undefined } } });
    defineConfig({ contract, authorizers: { 'chats.1': () => true } });`,
      'sources',
    ).split('\n');
    expect(problems).toEqual([
      expect.stringMatching(
        /:2: Argument of type 'string' is not assignable to parameter of type '"chat.\{roomId\}" \| "news"'/,
      ),
      expect.stringMatching(/:3: .*the contract has no pattern \\"chats\.\{id\}\\"/),
      expect.stringMatching(/:4: .*the contract has no pattern \\"chats\.\{id\}\\"/),
      expect.stringMatching(
        /:5: Argument of type '"find"' is not assignable to parameter of type '"search" \| "ping"'/,
      ),
      expect.stringMatching(/:6: .*the contract has no pattern \\"chats\.\{id\}\\"/),
      expect.stringMatching(/:7: .*by the contract clients send nothing to \\"news\\"/),
      expect.stringMatching(/:8: .*no channel of the contract matches \\"chats\.1\\"/),
    ]);
  },
);

it('types the module-level broadcast where the application registers its contract', { timeout: 180_000 }, () => {
  expect(told(`void broadcast(name, name, { any: 'data' });`)).toBe('');
  const registered = `declare module '@rt/core' { interface Register { contract: typeof contract } }\n`;
  expect(told(`${registered}void broadcast('chat.1', 'said', { text: '' });`)).toBe('');
  expect(told(`${registered}void broadcast('chat.1', 'said', { text: 1 });`)).toContain(':2: Type');
  expect(told(`${registered}void broadcast(name, 'said', { text: '' });`)).toContain('literal name');
});
