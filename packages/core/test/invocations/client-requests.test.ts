import type { ClientConnection, Realtime } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { Town } from '../cluster/town.ts';
import { settle } from '../presence/room.ts';
import { setStage } from './stage.ts';

/** The server's side of each client, as it connects. */
function connectionsOf(realtime: Realtime): ClientConnection[] {
  const connections: ClientConnection[] = [];
  realtime.on('connected', ({ connection }) => connections.push(connection));
  return connections;
}

describe('connection.request()', () => {
  it('asks the client and resolves with its answer', async () => {
    const { realtime, client } = await setStage();
    const [first] = [connectionsOf(realtime)];
    const ann = await client('ann');
    const answers = [first[0]!.request('confirm', { order: 7 }), first[0]!.request('ping me')];
    expect([await ann.next(), await ann.next()]).toEqual([
      ['call', 1, 'confirm', { order: 7 }],
      ['call', 2, 'ping me', null],
    ]);
    ann.send(['ok', 2], ['ok', 1, { yes: true }]);
    expect(await Promise.all(answers)).toEqual([{ yes: true }, null]);
  });

  it.each([
    ['a code that it knows', 'FORBIDDEN', 'FORBIDDEN'],
    ['a code of its own', 'TOO_TIRED', 'HANDLER_FAILED'],
  ])('rejects with %s', async (_, code, expected) => {
    const { realtime, client } = await setStage();
    const connections = connectionsOf(realtime);
    const ann = await client('ann');
    const answer = connections[0]!.request('confirm');
    ann.send(['err', 1, code, 'no']);
    await expect(answer).rejects.toMatchObject({ code: expected, message: 'no' });
  });

  it('takes the first answer, and none of another client', async () => {
    const { realtime, client } = await setStage();
    const connections = connectionsOf(realtime);
    const [ann, eve] = [await client('ann'), await client('eve')];
    const answer = connections[0]!.request('confirm');
    eve.send(['ok', 1, 'eve'], ['err', 1, 'FORBIDDEN', 'eve'], ['ok', 99]);
    await settle();
    ann.send(['ok', 1, 'first'], ['ok', 1, 'second'], ['err', 1, 'FORBIDDEN', 'third'], ['ping']);
    expect(await answer).toBe('first');
    expect([(await ann.next())[0], await ann.next()]).toEqual(['call', ['pong']]);
    expect(eve.waiting).toBe(0);
  });

  it('waits 10 s, or as long as it is told, and leaves no timer', async () => {
    const { realtime, client, wait, clock } = await setStage();
    const connections = connectionsOf(realtime);
    const ann = await client('ann');
    const { pending } = clock;
    const outcomes: string[] = [];
    for (const [name, options] of [
      ['default', {}],
      ['short', { timeoutMs: 50 }],
    ] as const) {
      connections[0]!
        .request('confirm', 0, options)
        .catch(({ code }: { code: string }) => outcomes.push(`${name} ${code}`));
    }
    await wait(49);
    expect(outcomes).toEqual([]);
    await wait(1);
    expect(outcomes).toEqual(['short DEADLINE']);
    await wait(9_950);
    expect(outcomes).toEqual(['short DEADLINE', 'default DEADLINE']);
    ann.send(['ok', 1, 'late']);
    await settle();
    expect(clock.pending).toBe(pending);
  });

  it('is not answered by a client that goes', async () => {
    const { realtime, client } = await setStage();
    const connections = connectionsOf(realtime);
    const ann = await client('ann');
    const answer = connections[0]!.request('confirm');
    ann.abort();
    await expect(answer).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    await expect(connections[0]!.request('confirm')).rejects.toMatchObject({ code: 'UNKNOWN_CONNECTION' });
  });

  it.each<[string, string, unknown, object]>([
    ['BAD_NAME', '', 0, {}],
    ['INVALID_DATA', 'x', 1n, {}],
    ['TOO_LARGE', 'x', 'x'.repeat(300_000), {}],
    ['BAD_OPTION', 'x', 0, { timeoutMs: 0 }],
    ['BAD_OPTION', 'x', 0, { timeoutMs: 1e9 }],
  ])('rejects with %s for what can not be asked', async (code, event, data, options) => {
    const { realtime, client } = await setStage();
    const connections = connectionsOf(realtime);
    await client('ann');
    await expect(connections[0]!.request(event, data, options)).rejects.toMatchObject({ code });
  });
});

describe('connection.request() of a client at another node', () => {
  it('is forwarded, and so is the answer', async () => {
    const town = new Town();
    const [here, there] = [await town.node(), await town.node()];
    const ann = await there.client('ann');
    const [connection] = await here.realtime.user('ann').connections();
    const answer = connection!.request('confirm', { order: 7 });
    expect(await ann.next()).toEqual(['call', 1, 'confirm', { order: 7 }]);
    ann.send(['ok', 1, [true]]);
    expect(await answer).toEqual([true]);
    const refused = connection!.request('confirm');
    expect(await ann.next()).toEqual(['call', 2, 'confirm', null]);
    ann.send(['err', 2, 'FORBIDDEN', 'no']);
    await expect(refused).rejects.toMatchObject({ code: 'FORBIDDEN', message: 'no' });
    await expect(connection!.request('confirm', 0, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'DEADLINE' });
    await expect(connection!.request('confirm', 1n)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(connection!.request('')).rejects.toMatchObject({ code: 'BAD_NAME' });
    ann.abort();
    await expect(connection!.request('confirm')).rejects.toMatchObject({ code: 'UNKNOWN_CONNECTION' });
  });
});
