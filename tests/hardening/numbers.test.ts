import { describe, expect, it } from 'vitest';
import { CLIENTS } from './clients.ts';
import { randomName } from './raw-client.ts';
import { HonestClient, postBroadcast, startServer } from './server.ts';

/** What is no whole number from 1 to 2^53 − 1, as JSON text. */
const NO_COUNTS = ['9007199254740992', '-1', '1e400', '-1e400', '1.5', '"1"', '"x"', '[1]', '{"a":1}', 'true', '0'];

/** What is no cursor of a log: refused, or answered as the place of another log. */
const NO_CURSORS = [
  'e.zzzzzzzzzzzzzzzz.t',
  'e.zzzzzzzzzzz.t',
  'e.-1.t',
  'e.1.5.t',
  'e.1e4.t',
  'e..t',
  '..',
  '.',
  'e',
  'e.1',
  'e.1.t.',
  'e.1.t.zzzzz',
  'e.1.t.-1',
  'e.1.t.1.1',
  'e.2gosa7pa2gv.t.1',
  'e.1.t\n',
  ' e.1.t',
  '__proto__.1.t',
  'e.2gosa7pa2gv.t',
  'e.2gosa7pa2gw.t',
  'E.ABC.t',
  '\u0000',
  '\ud800',
  'e.\u0661.t',
  `${'e'.repeat(65)}.1.t`,
  'x'.repeat(128),
];

const FRAMES: Readonly<Record<string, (value: string) => string>> = {
  'n of sub': (value) => `["sub",${value},"room.1"]`,
  'last of sub': (value) => `["sub",1,"room.1",null,${value}]`,
  'n of unsub': (value) => `["unsub",${value},"room.1"]`,
  'n of history': (value) => `["history",${value},"room.1",{"limit":1}]`,
  'limit of history': (value) => `["history",1,"room.1",{"limit":${value}}]`,
};

describe.each(Object.entries(CLIENTS))('over %s', (_transport, clients) => {
  for (const [field, frame] of Object.entries(FRAMES)) {
    it(`A5: ${NO_COUNTS.join(', ')} as ${field} close with 4500`, async () => {
      const { port } = await startServer();
      const honest = await HonestClient.join(port);
      for (const value of NO_COUNTS) {
        const client = await clients.open(port);
        client.sendText(frame(value));
        expect((await client.ending()).code, value).toBe(4500);
      }
      await honest.isUnaffected();
    });
  }

  it('A5: 0 is a number of send only, where it wants no answer; what is no whole number closes with 4500', async () => {
    const { port } = await startServer();
    for (const value of NO_COUNTS.filter((each) => each !== '0')) {
      const client = await clients.open(port);
      client.sendText(`["send",${value},"room.1","event",0]`);
      expect((await client.ending()).code, value).toBe(4500);
    }
  });

  it('A5: the largest whole number is a number, a last and, of history, too large a limit', async () => {
    const { realtime, port } = await startServer();
    const channel = randomName();
    for (const n of [1, 2, 3]) await realtime.broadcast(channel, 'event', n);
    const client = await clients.open(port);
    const max = Number.MAX_SAFE_INTEGER;
    client.send(['sub', max, channel, null, max]);
    expect((await client.next('sub')).slice(0, 3)).toEqual(['sub', max, channel]);
    expect(await client.dataOf(channel)).toEqual([1, 2, 3]);
    client.send(['history', max, channel, { limit: 1_000 }]);
    expect((await client.next('ok'))[1]).toBe(max);
    client.send(['history', 1, channel, { limit: 1_001 }]);
    expect((await client.ending()).code).toBe(4500);
  });

  for (const value of ['9007199254740992', '-1', '1e400', '1.5', '"1"', '0']) {
    it(`A5: ${value} as last in connect closes with 4500`, async () => {
      const { port } = await startServer();
      const client = await clients.begin(port, `["connect",1,"${'i'.repeat(22)}",null,[["room.1",null,${value}]]]`);
      expect((await client.ending()).code).toBe(4500);
    });
  }

  it('A5: a cursor that no log wrote is a gap in sub and in connect, and INVALID_DATA or a page in history', async () => {
    const { realtime, port } = await startServer({ limits: { messageBurst: 1_000 } });
    for (const cursor of NO_CURSORS) {
      const channel = randomName();
      for (const n of [1, 2]) await realtime.broadcast(channel, 'event', n);
      const client = await clients.open(port);
      const answer = await client.request('sub', channel, cursor);
      expect(answer.slice(0, 3), cursor).toEqual(['sub', expect.any(Number), channel]);
      expect(answer[4], cursor).toBe(false);
      expect((await client.next('gap')).slice(0, 3), cursor).toEqual(['gap', channel, 'epoch']);
      expect(await client.dataOf(channel), cursor).toEqual([1, 2]);
      const resumed = await clients.open(port, { resume: [[channel, cursor]] });
      expect((await resumed.next('gap')).slice(0, 3), cursor).toEqual(['gap', channel, 'epoch']);
      for (const page of [{ before: cursor }, { after: cursor }]) {
        const history = await client.request('history', channel, { ...page, limit: 1 });
        if (history[0] === 'err') expect(history[2], cursor).toBe('INVALID_DATA');
        else expect(history[2], cursor).toMatchObject({ messages: expect.any(Array) });
        await realtime
          .channel(channel)
          .history(page)
          .then(
            ({ messages }) => expect(messages.length).toBeLessThanOrEqual(2),
            (error: unknown) => expect(error).toMatchObject({ code: 'INVALID_DATA' }),
          );
      }
      client.destroy();
      resumed.destroy();
    }
  });

  it('A5: a cursor of the right log with another offset or tag is a gap or its own place, never more or less', async () => {
    const { realtime, port } = await startServer({ limits: { messageBurst: 1_000 } });
    const channel = randomName();
    const reader = await clients.open(port);
    await reader.subscribe(channel);
    const cursors: string[] = [];
    for (const n of [1, 2, 3]) cursors.push((await realtime.broadcast(channel, 'event', n)).cursor!);
    const [epoch, , tag] = cursors[1]!.split('.') as [string, string, string];
    for (const forged of [
      `${epoch}.0.${tag}x`,
      `${epoch}.2.${tag}x`,
      `${epoch}.3.${tag}x`,
      `${epoch}.4.${tag}`,
      `${epoch}.2gosa7pa2gv.${tag}`,
      `${epoch}.1.`,
      `${epoch}.2.${tag}.1`,
      `${epoch}.2.${tag}.zzzz`,
    ]) {
      const client = await clients.open(port, { resume: [[channel, forged]] });
      expect((await client.next('gap')).slice(1, 3), forged).toEqual([channel, 'diverged']);
      await realtime.broadcast(channel, 'event', 'live');
      expect((await client.dataOf(channel)).at(-1)).toBe('live');
      client.destroy();
    }
    const honest = await clients.open(port, { resume: [[channel, cursors[1]!]] });
    expect((await honest.dataOf(channel))[0]).toBe(3);
  });

  it('A5: cursors of 129 characters and cursors that are no text close with 4500', async () => {
    const { port } = await startServer();
    for (const cursor of [JSON.stringify('x'.repeat(129)), '1', '1e400', 'true', '[]', '{}', '""']) {
      for (const text of [
        `["sub",1,"room.1",${cursor}]`,
        `["history",1,"room.1",{"before":${cursor},"limit":1}]`,
        `["history",1,"room.1",{"after":${cursor},"limit":1}]`,
      ]) {
        const client = await clients.open(port);
        client.sendText(text);
        expect((await client.ending()).code, text.slice(0, 80)).toBe(4500);
      }
    }
  });

  it('A5: before and after together, and pages that are no object, close with 4500', async () => {
    const { port } = await startServer();
    for (const page of [
      '{"before":"e.1.t","after":"e.1.t","limit":1}',
      '{}',
      '[]',
      'null',
      '1',
      '"1"',
      '{"limit":null}',
    ]) {
      const client = await clients.open(port);
      client.sendText(`["history",1,"room.1",${page}]`);
      expect((await client.ending()).code, page).toBe(4500);
    }
  });
});

it('A5: on the server, wrong limits and cursors of history reject with their code', async () => {
  const { realtime } = await startServer();
  const channel = realtime.channel(randomName());
  for (const limit of [0, -1, 1.5, 2 ** 53, Number.POSITIVE_INFINITY, Number.NaN, 1_001, '1' as unknown as number]) {
    await expect(channel.history({ limit }), String(limit)).rejects.toMatchObject({ code: 'BAD_OPTION' });
  }
  for (const before of ['..', 'e.-1.t', '', 'x'.repeat(10_000)]) {
    await expect(channel.history({ before })).rejects.toMatchObject({ code: 'INVALID_DATA' });
  }
});

it('A5: over HTTP, numbers that no double holds and fields of the wrong type are refused', async () => {
  const { port } = await startServer();
  const channel = randomName();
  for (const body of [
    `{"channel":"${channel}","event":"e","data":1e400}`,
    `{"channel":"${channel}","event":"e","data":0,"except":{"instance":9007199254740992}}`,
    `{"channel":"${channel}","event":1e400}`,
  ]) {
    expect((await postBroadcast(port, body)).status, body).toBeGreaterThanOrEqual(400);
  }
});
