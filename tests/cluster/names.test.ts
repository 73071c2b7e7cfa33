import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawClient } from '../hardening/raw-client.ts';
import { until } from '../servers/until.ts';
import { startNode } from './fleet.ts';
import type { Node } from './fleet.ts';
import { randomSpace, services } from './service.ts';
import type { Service } from './service.ts';

/** Public names that a key, a pattern or a slot of Redis might take for something else, or for one another. */
const OPEN: readonly string[] = [
  'x',
  'X',
  'x.',
  '.x',
  'x..',
  '.',
  '..',
  '-',
  '=',
  '@',
  ',',
  ';',
  ':',
  '::',
  'a:b',
  'a:b:c',
  ':a',
  'a:',
  's:x',
  'h:x',
  'c:x',
  'i:x:1',
  'rt:x',
  'Private-x',
  'private_x',
  'xprivate-x',
  'User.x',
  'constructor',
  '__proto__',
  'toString',
  'nodes',
  'presence',
  'x'.repeat(164),
  'bus.x',
  'bus.x.',
  'bus.X',
  'bus.a:b',
];
const PRIVATE: readonly string[] = ['private-x', 'private-x.', 'private.x', 'private-:x', 'presence-x', 'presence-X'];
const REFUSED: readonly string[] = [
  '',
  '*',
  'x*',
  '?',
  'x?',
  '[x]',
  '{x}',
  'x{1}',
  '{}',
  '>',
  'a.>',
  '#',
  '$nodes',
  '$presence',
  '%70rivate-x',
  'a b',
  'a\r\nb',
  'x\n',
  'x\0',
  'x\\',
  '"x"',
  'ｐrivate-x',
  '\u200bx',
  'x\u0301',
  'x'.repeat(165),
  'x'.repeat(5_000),
];

describe.each(['redis', 'redis-cluster', 'nats', 'nats-cluster', 'rabbitmq'])('hostile names over %s', (kind) => {
  let service: Service;
  beforeAll(async () => {
    service = await services[kind]!();
  });
  afterAll(() => service.stop());

  it('each message arrives in its own channel at both nodes, and nowhere else [W1]', { timeout: 60_000 }, async () => {
    const space = randomSpace();
    const warned: string[] = [];
    const ignore = (): void => undefined;
    const warn = (message: string): void => void warned.push(message);
    const options = { logger: { debug: ignore, info: ignore, warn, error: warn } };
    const nodes: [Node, Node] = [
      await startNode(service.broker(space), options),
      await startNode(service.broker(space), options),
    ];
    for (const { realtime } of nodes) realtime.authorize('private*', () => true);
    const names = [...OPEN, ...PRIVATE];
    const clients = [];
    for (const { url } of nodes) {
      const client = await RawClient.open(Number(new URL(url).port), { token: 'ann' });
      for (const name of names) await client.subscribe(name);
      clients.push(client);
    }
    for (const name of REFUSED) {
      for (const client of clients) expect((await client.request('sub', name))[0], name).toBe('err');
      await expect(nodes[0].realtime.broadcast(name, 'n', 'never'), name).rejects.toMatchObject({ code: 'BAD_NAME' });
    }
    // What comes to a channel must say that channel, whatever is going on in all others at the same time.
    const work = nodes.flatMap(({ realtime }, index) =>
      names.map((name) => realtime.broadcast(name, 'n', `${index} ${name}`)),
    );
    await Promise.all(work);
    const wanted = names.flatMap((name) => [`${name} 0 ${name}`, `${name} 1 ${name}`]).sort();
    for (const client of clients) {
      const got: string[] = [];
      await until('all messages', async () => {
        await client.roundTrip();
        const messages = client.received.takeAll().filter((frame) => frame[0] === 'm');
        got.push(...messages.map((frame) => `${String(frame[1])} ${String(frame[4])}`));
        return got.length >= wanted.length;
      });
      expect(got.sort()).toEqual(wanted);
    }
    for (const name of names.filter((each) => !each.startsWith('bus.'))) {
      const { messages } = await nodes[1].realtime.channel(name).history();
      expect(messages.map(({ channel, data }) => `${channel} ${data as string}`).sort(), name).toEqual([
        `${name} 0 ${name}`,
        `${name} 1 ${name}`,
      ]);
    }
    for (const { url } of nodes) expect((await fetch(`${url}/realtime/ready`)).status).toBe(200);
    // No connection of the broker went, which would be said.
    expect(warned).toEqual([]);
  });

  it('a publish id that looks like a part of a key belongs to its own channel [W1]', async () => {
    const space = randomSpace();
    const { realtime } = await startNode(service.broker(space));
    const ids = ['1', ':', 'x:1', '1:x', '*', '{x}', 'a b', '\r\n', '\u0000', 'ü', 'x'.repeat(128)];
    const cursors = new Set<string | undefined>();
    for (const channel of ['i', 'i:x', 'i:x:1', 'x']) {
      for (const id of ids) {
        const published = await realtime
          .broadcast(channel, 'n', id, { id })
          .catch((error: unknown) => ({ cursor: `${channel} ${id} ${String(error)}` }));
        cursors.add(`${channel} ${published.cursor}`);
      }
    }
    expect(cursors.size).toBe(4 * ids.length);
  });
});
