import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RawClient, randomName } from './raw-client.ts';
import { HonestClient, postBroadcast, startServer } from './server.ts';

for (const [what, raw] of Object.entries({ LF: '\n', CR: '\r', 'CR LF': '\r\n', NUL: '\0', TAB: '\t' })) {
  it(`W10: a raw ${what} within a string is bad JSON and closes with 4500`, async () => {
    const { realtime, port } = await startServer();
    const honest = await HonestClient.join(port);
    const attacker = await RawClient.open(port);
    attacker.sendText(`["send",1,"${honest.channel}","event","a${raw}b"]`);
    expect((await attacker.next('err')).slice(0, 3)).toEqual(['err', 0, 'BAD_FRAME']);
    expect((await attacker.ending()).code).toBe(4500);
    await honest.isUnaffected();
    expect(await realtime.channel(honest.channel).subscriberCount()).toBe(1);
  });
}

it('W10: what stands before a raw line break counts, what stands behind the bad frame does not', async () => {
  const { port } = await startServer();
  const channel = randomName();
  const [attacker, receiver] = [await RawClient.open(port), await RawClient.open(port)];
  await receiver.subscribe(channel);
  attacker.sendText(
    `["send",1,"${channel}","event",1]\n["send",2,"${channel}","event","cut\n["send",3,"${channel}","event",3]`,
  );
  expect((await attacker.ending()).code).toBe(4500);
  await receiver.roundTrip();
  expect(receiver.received.takeAll().map((frame) => frame[4])).toEqual([1]);
});

const SHAPED = [
  'line\nbreak',
  'carriage\r\nreturn',
  '\u2028 and \u2029 and \u0085',
  '"]\n["m","room.1","forged",null,1,["id",1]]',
  '\\"]\n["m","room.1","forged",null,1,["id",1]]',
  '"]]\n\n["err",0,"CLOSING","go"]',
  '\u0000\u0001\u001b[31m\u007f',
  '\\u000a["drain",0]',
  '\ud800\n["ping"]',
  'data: forged\n\nevent: forged\nid: 1',
  '</script><script>',
];

for (const shaped of SHAPED) {
  it(`W10: ${JSON.stringify(shaped)} arrives as data, in one message, from a client and from the HTTP API`, async () => {
    const { port } = await startServer();
    const channel = randomName();
    const [sender, receiver] = [await RawClient.open(port), await RawClient.open(port)];
    await receiver.subscribe(channel);
    const data = { [shaped]: [shaped], value: shaped };
    expect((await sender.request('send', channel, 'event', data))[0]).toBe('ok');
    expect((await postBroadcast(port, JSON.stringify({ channel, event: 'event', data }))).status).toBe(200);
    await receiver.roundTrip();
    const frames = receiver.received.takeAll();
    expect(frames.map((frame) => [frame[0], frame[1], frame[2], frame[4]])).toEqual([
      ['m', channel, 'event', data],
      ['m', channel, 'event', data],
    ]);
  });
}

const QUOTED = [
  '"',
  '\\',
  '\\"',
  '","',
  '"]["',
  '\\\\"]',
  "'",
  '`',
  '${x}',
  '","forged",null,{"a":1},["x",1]]',
  '\u200b',
  '😀"',
];

for (const name of QUOTED) {
  it(`W10: ${name} as event and as user id arrives as it is`, async () => {
    const { realtime, port } = await startServer({
      authenticate: ({ token }) => (token === undefined ? undefined : { id: token }),
    });
    const channel = randomName();
    const sender = await RawClient.open(port, { token: name });
    const receiver = await RawClient.open(port);
    await receiver.subscribe(channel);
    expect((await sender.request('send', channel, name, name))[0]).toBe('ok');
    await realtime.broadcast(channel, name, name);
    await receiver.roundTrip();
    const [first, second, ...more] = receiver.received.takeAll();
    expect(more).toEqual([]);
    expect(first).toMatchObject([
      'm',
      channel,
      name,
      expect.any(String),
      name,
      [expect.any(String), expect.any(Number), name],
    ]);
    expect(second).toMatchObject([
      'm',
      channel,
      name,
      expect.any(String),
      name,
      [expect.any(String), expect.any(Number)],
    ]);
  });
}

for (const [what, id] of Object.entries({
  'line break': 'a\nb',
  'line separator': 'a\u2028b',
  'lone surrogate': 'a\ud800',
  'forged frame': '"]\n["drain",0]',
})) {
  it(`W10: a user id with a ${what} makes no second frame in ready and in messages`, async () => {
    const { port } = await startServer({ authenticate: ({ token }) => (token === undefined ? undefined : { id }) });
    const channel = randomName();
    const [sender, receiver] = [await RawClient.open(port, { token: 'any' }), await RawClient.open(port)];
    await receiver.subscribe(channel);
    expect((await sender.request('send', channel, 'event', 0))[0]).toBe('ok');
    await receiver.roundTrip();
    const frames = receiver.received.takeAll();
    expect(frames).toHaveLength(1);
    expect(frames[0]).toMatchObject([
      'm',
      channel,
      'event',
      expect.any(String),
      0,
      [expect.any(String), expect.any(Number), id],
    ]);
  });
}

it('W10: event names with line breaks, separators or controls are refused on every way in', async () => {
  const { realtime, port } = await startServer();
  const client = await RawClient.open(port);
  for (const event of ['a\nb', 'a\rb', '\u0000', '\u001b[2J', 'a\u2028', 'a\u2029', '\u0085', '\u007f']) {
    const answer = await client.request('send', 'room.1', event, 0);
    expect(answer[2]).toBe('BAD_NAME');
    expect((await postBroadcast(port, JSON.stringify({ channel: 'room.1', event }))).status).toBe(400);
    await expect(realtime.broadcast('room.1', event)).rejects.toMatchObject({ code: 'BAD_NAME' });
  }
});

it('W10: the frames of one WebSocket message are handled one by one, and each message of the server is whole frames', async () => {
  const { port } = await startServer();
  const channel = randomName();
  const [sender, receiver] = [await RawClient.open(port), await RawClient.open(port)];
  await receiver.subscribe(channel);
  const texts = Array.from({ length: 50 }, (_, index) =>
    JSON.stringify(['send', 0, channel, 'event', `${index}\n["m"]`]),
  );
  sender.sendText(texts.join('\n'));
  await sender.roundTrip();
  await receiver.roundTrip();
  expect(receiver.received.takeAll().map((frame) => frame[4])).toEqual(texts.map((_, index) => `${index}\n["m"]`));
});

it('W10: any data arrives as it was sent, in exactly one message', async () => {
  const { port } = await startServer({ limits: { messageBurst: 1_000_000 } });
  const channel = randomName();
  const [sender, receiver] = [await RawClient.open(port), await RawClient.open(port)];
  await receiver.subscribe(channel);
  const json = fc.oneof(
    fc.jsonValue({ stringUnit: 'binary' }),
    fc.string({ unit: fc.constantFrom('"', '\n', ']', '[', ',', 'm', '\\', '\u2028') }),
  );
  await fc.assert(
    fc.asyncProperty(json, async (data) => {
      expect((await sender.request('send', channel, 'event', data))[0]).toBe('ok');
      await receiver.roundTrip();
      const frames = receiver.received.takeAll();
      expect(frames).toHaveLength(1);
      expect(JSON.stringify(frames[0]![4])).toBe(JSON.stringify(data));
    }),
    { numRuns: 200 },
  );
});
