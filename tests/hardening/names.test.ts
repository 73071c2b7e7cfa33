import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLIENTS } from './clients.ts';
import { randomName } from './raw-client.ts';
import { postBroadcast, startServer } from './server.ts';

const PUBLIC = [
  'Private-x',
  'PRIVATE.x',
  'Presence-x',
  'private',
  'privatex',
  'private_x',
  'xprivate-x',
  'User.x',
  'user',
  'user-x',
  '.private-x',
  'x.',
  '.',
  '..',
  'x..',
  '-',
  '=',
  '@',
  ',',
  ';',
  ':',
  'x'.repeat(164),
];
const CLOSED = [
  'private-x',
  'private.x',
  'presence-x',
  'presence.x',
  'user.x',
  'private-',
  'private.',
  'user.',
  'private-x.',
  'user.=2E',
];
const REFUSED: Record<string, string> = {
  'an empty name': '',
  'a full-width letter': 'ｐrivate-x',
  'a Cyrillic letter': 'рrivate-x',
  'a zero-width space': '\u200bprivate-x',
  'a zero-width joiner': 'private\u200d-x',
  'a soft hyphen': 'pri\u00advate-x',
  'a byte order mark': '\ufeffprivate-x',
  'a combining accent': 'private-x\u0301',
  'a percent escape': '%70rivate-x',
  'a star': '*',
  'a star at the end': 'room.*',
  'the NATS rest': '>',
  'the NATS rest below a part': 'a.>',
  'the AMQP rest': '#',
  'the AMQP rest below a part': 'a.#',
  'a name of the nodes': '$nodes',
  'a slash': 'a/b',
  'a backslash': 'a\\b',
  'a space': 'a b',
  'a leading space': ' private-x',
  'a trailing space': 'private-x ',
  'CR LF': 'a\r\nb',
  'a trailing LF': 'private-x\n',
  'a NUL': 'a\0b',
  'a quote': 'a"b',
  braces: '{a}',
  brackets: 'a[b]',
  'a question mark': 'a?b',
  'a plus': 'a+b',
  'a tilde': '~a',
  'one byte too many': 'x'.repeat(165),
  '5,000 bytes': 'x'.repeat(5_000),
};

describe.each(Object.entries(CLIENTS))('over %s', (_transport, clients) => {
  for (const [what, name] of Object.entries(REFUSED)) {
    it(`W1: ${what} is refused by resume, sub, unsub, send, the HTTP API and broadcast`, async () => {
      const { realtime, port } = await startServer();
      const resumed = await clients.connecting(port, { resume: [[name, null]] });
      if (name.length <= 164) expect((await resumed.next('unsub')).slice(0, 3)).toEqual(['unsub', name, 'BAD_NAME']);
      else expect((await resumed.ending()).code).toBe(4500);
      const client = await clients.open(port);
      expect((await client.request('sub', name))[2]).toBe('BAD_NAME');
      expect((await client.request('unsub', name))[2]).toBe('BAD_NAME');
      expect((await client.request('send', name, 'event', 0))[2]).toBe('BAD_NAME');
      expect(await postBroadcast(port, JSON.stringify({ channel: name, event: 'event' }))).toMatchObject({
        status: 400,
        body: { error: { code: 'BAD_NAME' } },
      });
      await expect(realtime.broadcast(name, 'event')).rejects.toMatchObject({ code: 'BAD_NAME' });
      expect(() => realtime.channel(name)).toThrow(expect.objectContaining({ code: 'BAD_NAME' }) as Error);
    });
  }

  for (const name of CLOSED) {
    it(`W1: ${name} is closed to clients by resume, sub and send, where no authorizer allows it`, async () => {
      const { realtime, port } = await startServer();
      const resumed = await clients.open(port, { resume: [[name, null]] });
      expect((await resumed.next('unsub')).slice(0, 3)).toEqual(['unsub', name, 'FORBIDDEN']);
      expect((await resumed.request('sub', name))[2]).toBe('FORBIDDEN');
      expect((await resumed.request('send', name, 'event', 0))[2]).toBe('FORBIDDEN');
      expect(await realtime.channel(name).subscriberCount()).toBe(0);
      await realtime.broadcast(name, 'event', 'secret');
      await resumed.roundTrip();
      expect(resumed.received.takeAll()).toEqual([]);
    });
  }

  for (const name of PUBLIC) {
    it(`W1: ${name.slice(0, 20)} is public, and a channel of its own by resume, sub, send, the HTTP API and broadcast`, async () => {
      const { realtime, port } = await startServer();
      const receiver = await clients.open(port, { resume: [[name, null]] });
      expect((await receiver.next('sub')).slice(0, 3)).toEqual(['sub', 0, name]);
      const sender = await clients.open(port);
      const others = [...PUBLIC, ...CLOSED, name.toLowerCase(), `${name}.`, `.${name}`].filter(
        (other) => other !== name && other.length > 0 && other.length <= 164,
      );
      for (const other of others) await realtime.broadcast(other, 'event', 'foreign');
      expect((await sender.request('send', name, 'event', 'sent'))[0]).toBe('ok');
      expect(
        (await postBroadcast(port, JSON.stringify({ channel: name, event: 'event', data: 'posted' }))).status,
      ).toBe(200);
      await realtime.broadcast(name, 'event', 'broadcast');
      await receiver.roundTrip();
      expect(receiver.received.takeAll().map((frame) => [frame[1], frame[4]])).toEqual([
        [name, 'sent'],
        [name, 'posted'],
        [name, 'broadcast'],
      ]);
    });
  }

  it('W1: a rule for private names opens none of them to public look-alikes, nor the other way round', async () => {
    const { port } = await startServer({ channels: { 'private-x': { send: true }, 'Room.*': { send: true } } });
    const client = await clients.open(port);
    for (const name of ['Private-x', 'private-x', 'room.1', 'Room', 'ROOM.1']) {
      expect((await client.request('send', name, 'event', 0))[2], name).toBe('FORBIDDEN');
    }
    expect((await client.request('send', 'Room.1', 'event', 0))[0]).toBe('ok');
  });

  it('W1: the handler sees the same bytes as the channel that the message reaches', async () => {
    const seen: string[] = [];
    const { realtime, port } = await startServer();
    realtime.handle('{first}.*', 'event', async (message) => {
      seen.push(`${message.channel}|${message.params['first']}`);
      await message.relay();
    });
    const [sender, receiver] = [await clients.open(port), await clients.open(port)];
    for (const name of ['a.b', 'a..b', 'A.b', 'a.b.']) {
      await receiver.subscribe(name);
      expect((await sender.request('send', name, 'event', 0))[0]).toBe('ok');
      expect((await receiver.next('m'))[1]).toBe(name);
    }
    expect(seen).toEqual(['a.b|a', 'a..b|a', 'A.b|A', 'a.b.|a']);
  });

  it('W1: for two different names, a message to one never arrives at the other', async () => {
    const { realtime, port } = await startServer({ limits: { messageBurst: 1_000_000 } });
    const receiver = await clients.open(port);
    const unit = fc.constantFrom(...'aA.-_=@,;:*>#$% ｐ\u200b\n"\\'.split(''));
    const name = fc.oneof(
      fc.string({ unit, minLength: 1, maxLength: 4 }),
      fc.constantFrom(...PUBLIC, ...CLOSED, ...Object.values(REFUSED)),
    );
    await fc.assert(
      fc.asyncProperty(name, name, async (subscribed, published) => {
        const answer = await receiver.request('sub', subscribed);
        const marker = randomName();
        await realtime.broadcast(published, 'event', marker).catch(() => undefined);
        await receiver.roundTrip();
        const arrived = receiver.received.takeAll().filter((frame) => frame[0] === 'm');
        const isMeant = answer[0] === 'sub' && subscribed === published;
        expect(arrived.map((frame) => [frame[1], frame[4]])).toEqual(isMeant ? [[subscribed, marker]] : []);
        if (answer[0] === 'sub') await receiver.request('unsub', subscribed);
      }),
      { numRuns: 300 },
    );
  });
});
