import { Realtime } from '@rt/core';
import { expect, it } from 'vitest';
import { RawClient } from './raw-client.ts';
import { startServer } from './server.ts';

const REFUSED = [
  'a*a*a*a*b',
  `${'a*'.repeat(40)}b`,
  '*.b',
  'a*.b',
  '**',
  'a**',
  '.*.*',
  '{a}{b}',
  'x{a}',
  '{a}x',
  '{a}.{a}',
  '{}',
  '{a',
  'a}',
  '{a*}',
  '{a.b}',
  'a b',
  'a/b',
  '',
  '(a+)+',
  'a|b',
  '[a]',
  'ａ*',
  'a\n*',
];

for (const pattern of REFUSED) {
  it(`A4: ${JSON.stringify(pattern.slice(0, 20))} is no pattern, in a rule and for a handler`, () => {
    expect(() => new Realtime({ channels: { [pattern]: { send: true } } })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }) as Error,
    );
    expect(() => new Realtime().handle(pattern, 'event', () => undefined)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }) as Error,
    );
  });
}

it('A4: the stars of a name in a client frame match nothing, they are no name', async () => {
  const { port } = await startServer();
  const client = await RawClient.open(port);
  expect((await client.request('sub', 'a*a*a*a*b')).slice(0, 3)).toEqual(['err', 1, 'BAD_NAME']);
  expect((await client.request('send', 'room.*', 'event', 0)).slice(0, 3)).toEqual(['err', 2, 'BAD_NAME']);
});

it('A4: the time of a send grows with the number of patterns, not with how much they look like the name', async () => {
  // The longest names against patterns that match all of it but the end; backtracking would double the time per part.
  const name = 'a.'.repeat(81) + 'ab';
  const millisecondsWith = async (patterns: number): Promise<number> => {
    const channels: Record<string, { send: boolean }> = { '*': { send: true } };
    for (let index = 0; index < patterns; index++) channels[`${parts(80 - (index % 40))}.b${index}*`] = { send: false };
    const { port } = await startServer({ channels, limits: { messageBurst: 1_000_000 } });
    const client = await RawClient.open(port);
    const times: number[] = [];
    for (let round = 0; round < 30; round++) {
      const startedAt = performance.now();
      for (let n = 0; n < 20; n++) client.send(['send', 0, name, 'event', 0]);
      await client.roundTrip();
      times.push(performance.now() - startedAt);
    }
    return times.toSorted((a, b) => a - b)[15]!;
  };
  const few = await millisecondsWith(50);
  const many = await millisecondsWith(200);
  // Four times the patterns: four times the work, and as much again for a busy machine.
  expect(many).toBeLessThan(Math.max(few * 8, 50));
});

function parts(count: number): string {
  return Array.from({ length: count }, (_, index) => (index % 2 === 0 ? 'a' : `{p${index}}`)).join('.');
}
