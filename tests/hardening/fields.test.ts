import { errorTable, isErrorCode } from '@rt/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLIENTS } from './clients.ts';
import type { Clients } from './clients.ts';
import { HOSTILE_NAMES, JSON_VALUES } from './json-values.ts';
import { newInstance, RawClient, randomName } from './raw-client.ts';
import type { Received } from './raw-client.ts';
import { HonestClient, startServer } from './server.ts';

/** Limits that a test of many frames does not reach. */
const UNLIMITED = { messageBurst: 1_000_000, messagesPerMinute: 60_000_000 };

/** Every frame of api.md with fields that are right, from which one after the other is replaced. */
const FRAMES: readonly (readonly unknown[])[] = [
  ['connect', 1, newInstance(), null, [['room.1', null]], {}],
  ['sub', 1, 'room.1', 'cursor', 1],
  ['unsub', 1, 'room.1'],
  ['send', 1, 'room.1', 'event', { some: 'data' }, 'id'],
  ['history', 1, 'room.1', { limit: 1 }],
  ['members', 1, 'room.1'],
  ['pres', 1, 'room.1', {}],
  ['call', 1, 'method', {}],
  ['cancel', 1],
  ['ok', 1, {}],
  ['err', 1, 'CODE', 'message'],
  ['auth', 'token'],
  ['ping'],
  ['pong'],
];

const KNOWN_ANSWERS = new Set(['ready', 'sub', 'unsub', 'm', 'skip', 'gap', 'auth', 'ok', 'err', 'pong', 'ping']);

/** Sends one text on an open connection, and gives what came until the server answered the ping behind it or closed. */
async function outcomeOf(
  clients: Clients,
  port: number,
  text: string,
): Promise<{ frames: Received[]; code: number | undefined }> {
  const client = await clients.open(port);
  client.sendText(text);
  client.sendText('["ping"]');
  const code = await Promise.race([
    client.next('pong').then(
      () => undefined,
      () => -1,
    ),
    client.ending().then(
      (ending) => ending.code,
      () => -1,
    ),
  ]);
  const frames = client.received.takeAll();
  client.destroy();
  return { frames, code };
}

/** Every answer is one of the protocol's, every error has a code of the table, and a close has the code of its error. */
function isDocumented({ frames, code }: { frames: readonly Received[]; code: number | undefined }): void {
  for (const frame of frames) {
    expect(KNOWN_ANSWERS).toContain(frame[0]);
    if (frame[0] === 'err') expect(isErrorCode(frame[2]), String(frame[2])).toBe(true);
  }
  if (code === undefined) return;
  const last = frames.at(-1);
  expect(last?.[0]).toBe('err');
  expect(last?.[1]).toBe(0);
  const error = last?.[2];
  expect(isErrorCode(error) && errorTable[error].closeCode).toBe(code);
}

const BROKEN_UTF8 = {
  'a lone continuation byte': [0x80],
  'an overlong slash': [0xc0, 0xaf],
  'a surrogate': [0xed, 0xa0, 0x80],
  'beyond U+10FFFF': [0xf4, 0x90, 0x80, 0x80],
  'a cut sequence': [0xe2, 0x82],
};
for (const [what, bytes] of Object.entries(BROKEN_UTF8)) {
  it(`A3: ${what} is no UTF-8 and is closed with 1007`, async () => {
    const { port } = await startServer();
    const honest = await HonestClient.join(port);
    const client = await RawClient.open(port);
    client.raw.sendFrame(
      Buffer.concat([Buffer.from('["send",1,"room.1","event","'), Buffer.from(bytes), Buffer.from('"]')]),
    );
    expect((await client.ending()).code).toBe(1007);
    await honest.isUnaffected();
  });
}

it('A3: a binary message is closed with 1003', async () => {
  const { port } = await startServer();
  const client = await RawClient.open(port);
  client.raw.sendFrame('["ping"]', { opcode: 2 });
  expect((await client.ending()).code).toBe(1003);
});

describe.each(Object.entries(CLIENTS))('over %s', (_transport, clients) => {
  for (const frame of FRAMES) {
    it(`A3: every field of "${String(frame[0])}" × every JSON type is answered, or closed with the documented code`, async () => {
      const { port } = await startServer({ limits: UNLIMITED });
      const honest = await HonestClient.join(port);
      for (let field = 0; field < frame.length; field++) {
        for (const value of JSON_VALUES)
          isDocumented(await outcomeOf(clients, port, JSON.stringify(frame.with(field, value))));
        isDocumented(await outcomeOf(clients, port, JSON.stringify(frame.slice(0, field))));
      }
      isDocumented(await outcomeOf(clients, port, JSON.stringify([...frame, ...JSON_VALUES])));
      expect(({} as Record<string, unknown>)['x']).toBeUndefined();
      await honest.isUnaffected();
    });
  }

  it('A3: every field of the first connect × every JSON type is accepted, or closed with the documented code', async () => {
    const { port } = await startServer();
    const connect = FRAMES[0]!;
    for (let field = 0; field < connect.length; field++) {
      for (const value of JSON_VALUES) {
        const client = await clients.begin(port, JSON.stringify(connect.with(field, value)));
        const first = await client.received.next('an answer');
        if (first[0] === 'ready') {
          client.destroy();
          continue;
        }
        const { code } = await client.ending();
        isDocumented({ frames: [first], code });
      }
    }
  });

  for (const frame of FRAMES.slice(1)) {
    it(`A3: "${String(frame[0])}" before connect is closed with 4500`, async () => {
      const { port } = await startServer();
      const client = await clients.begin(port, JSON.stringify(frame));
      expect((await client.ending()).code).toBe(4500);
    });
  }

  it('A3: numbers that no double holds are refused as data and as request numbers', async () => {
    const { port } = await startServer();
    const { frames } = await outcomeOf(clients, port, '["send",7,"room.1","event",{"deep":[1e400]}]');
    expect(frames.map((frame) => frame.slice(0, 3))).toEqual([['err', 7, 'INVALID_DATA']]);
    for (const n of ['1e400', '-1', '9007199254740992', '0.5']) {
      expect((await outcomeOf(clients, port, `["sub",${n},"room.1"]`)).code).toBe(4500);
    }
  });

  it('A3: escaped lone surrogates in data arrive as they were sent', async () => {
    const { port } = await startServer();
    const channel = randomName();
    const [sender, receiver] = [await clients.open(port), await clients.open(port)];
    await receiver.subscribe(channel);
    sender.sendText(`["send",1,"${channel}","event",["\\ud800","\\udc00\\ud800",{"\\udfff":1}]]`);
    expect((await receiver.next('m'))[4]).toEqual(['\ud800', '\udc00\ud800', { '\udfff': 1 }]);
  });

  it('A3: escaped lone surrogates in names are refused as BAD_NAME', async () => {
    const { port } = await startServer();
    const client = await clients.open(port);
    for (const text of [
      '["sub",1,"\\ud800"]',
      '["send",1,"room.1","\\udc00",0]',
      '["send",1,"\\ud83d","e",0]',
      '["call",1,"\\ud800",0]',
    ]) {
      client.sendText(text);
      expect((await client.next('err')).slice(0, 3)).toEqual(['err', 1, 'BAD_NAME']);
    }
  });

  for (const name of HOSTILE_NAMES) {
    it(`A3: ${name} is a name, an id and a key like any other`, async () => {
      const { realtime, port } = await startServer({
        authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
      });
      const sender = await clients.open(port, { token: name });
      const receiver = await clients.open(port);
      const isChannel = /^[A-Za-z0-9_]+$/.test(name);
      expect(isChannel).toBe(true);
      await receiver.subscribe(name);
      expect(await realtime.channel(name).subscriberCount()).toBe(1);
      sender.sendText(`["send",1,"${name}","${name}",{"${name}":{"x":1}},"${name}"]`);
      const [, channel, event, , data, meta] = await receiver.next('m');
      expect([channel, event, JSON.stringify(data), (meta as unknown[])[2]]).toEqual([
        name,
        name,
        `{"${name}":{"x":1}}`,
        name,
      ]);
      expect(({} as Record<string, unknown>)['x']).toBeUndefined();
      expect((await receiver.request('unsub', name))[0]).toBe('ok');
      expect(await realtime.channel(name).subscriberCount()).toBe(0);
    });

    it(`A3: ${name} as frame type, instance and parameter reaches no prototype`, async () => {
      const { realtime, port } = await startServer();
      realtime.handle(`{${name}}.x`, name, async (message) => {
        await message.relay({ own: Object.keys(message.params), value: message.params[name] });
      });
      const [sender, receiver] = [await clients.open(port), await clients.open(port)];
      await receiver.subscribe('hostile.x');
      sender.send(['send', 0, 'hostile.x', name, 0]);
      expect((await receiver.next('m'))[4]).toEqual({ own: [name], value: 'hostile' });
      expect((await sender.request(name)).slice(0, 3)).toEqual(['err', 1, 'UNSUPPORTED']);
      const first = await clients.begin(port, JSON.stringify(['connect', 1, name]));
      expect((await first.ending()).code).toBe(4500);
    });
  }

  it('A3: arbitrary JSON arrays never crash and are answered as documented', async () => {
    const { port } = await startServer({ limits: UNLIMITED });
    const honest = await HonestClient.join(port);
    const type = fc.constantFrom(...FRAMES.map((frame) => String(frame[0])), ...HOSTILE_NAMES, 'ready', 'm');
    const frame = fc.oneof(
      fc.array(fc.jsonValue()),
      fc.tuple(type, fc.array(fc.jsonValue(), { maxLength: 6 })).map(([first, rest]) => [first, ...rest]),
      fc
        .tuple(type, fc.nat(), fc.string({ unit: 'binary' }), fc.array(fc.jsonValue()))
        .map(([first, n, name, rest]) => [first, n, name, ...rest]),
    );
    await fc.assert(
      fc.asyncProperty(frame, async (value) => isDocumented(await outcomeOf(clients, port, JSON.stringify(value)))),
      { numRuns: 300 },
    );
    await honest.isUnaffected();
  });

  it('A3: arbitrary text never crashes and closes with 4500 where it is no frame', async () => {
    const { port } = await startServer({ limits: UNLIMITED });
    const honest = await HonestClient.join(port);
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.string({ unit: fc.constantFrom('[', ']', '"', ',', '\n', '\\', '1', 'sub') }),
    );
    await fc.assert(
      fc.asyncProperty(text, async (value) => isDocumented(await outcomeOf(clients, port, value.toWellFormed()))),
      { numRuns: 300 },
    );
    await honest.isUnaffected();
  });
});
