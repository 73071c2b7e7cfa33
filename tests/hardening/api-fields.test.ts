import { Realtime } from '@rt/core';
import { errorTable, isErrorCode, isEventName } from '@rt/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HOSTILE_NAMES, JSON_VALUES } from './json-values.ts';
import { newInstance, RawClient, randomName } from './raw-client.ts';
import { postBroadcast, startServer } from './server.ts';

const BODY = { channel: 'room.1', event: 'event', data: 1, except: { instance: newInstance(), user: 'someone' } };
const isRefusal = ({ status, body }: { status: number; body: unknown }): void => {
  const code = (body as { error?: { code?: string } }).error?.code;
  expect(isErrorCode(code) && errorTable[code].status).toBe(status);
};

for (const key of Object.keys(BODY)) {
  it(`A3: over HTTP, "${key}" × every JSON type is accepted, or refused with the status of its code`, async () => {
    const { port } = await startServer();
    for (const value of JSON_VALUES) {
      const answer = await postBroadcast(port, JSON.stringify({ ...BODY, [key]: value }));
      if (answer.status !== 200) isRefusal(answer);
      else expect(['data', 'except', 'channel', 'event']).toContain(key);
    }
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
}

it('A3: over HTTP, bodies that are no objects, or no JSON, are refused with 400', async () => {
  const { port } = await startServer();
  const bodies = [
    '',
    'nonsense',
    '{',
    '{"channel":',
    '[]',
    '1',
    'null',
    '"text"',
    '[[[[',
    '{}',
    '{"__proto__":{"channel":"a","event":"b"}}',
  ];
  for (const body of bodies)
    expect(await postBroadcast(port, body), body).toMatchObject({
      status: 400,
      body: { error: { code: 'BAD_FRAME' } },
    });
});

it('A3: over HTTP, invalid UTF-8 in a body is refused with 400', async () => {
  const { port } = await startServer();
  const body = Buffer.concat([
    Buffer.from('{"channel":"room.1","event":"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}'),
  ]);
  expect((await postBroadcast(port, body)).status).toBe(400);
});

it('A3: over HTTP, unknown keys, __proto__ among them, are refused with 400', async () => {
  const { port } = await startServer();
  for (const name of HOSTILE_NAMES) {
    const answer = await postBroadcast(port, `{"channel":"room.1","event":"event","${name}":{"x":1}}`);
    expect(answer.status, name).toBe(400);
  }
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
});

it('A3: over HTTP, numbers that no double holds are refused, not passed on as null', async () => {
  const { port } = await startServer();
  const receiver = await RawClient.open(port);
  const channel = randomName();
  await receiver.subscribe(channel);
  const answer = await postBroadcast(port, `{"channel":"${channel}","event":"event","data":{"deep":[1e400]}}`);
  expect(answer).toMatchObject({ status: 422, body: { error: { code: 'INVALID_DATA' } } });
  await receiver.roundTrip();
  expect(receiver.received.takeAll()).toEqual([]);
});

for (const name of HOSTILE_NAMES) {
  it(`A3: over HTTP, ${name} as channel, event and key of data arrives as it was sent`, async () => {
    const { port } = await startServer();
    const receiver = await RawClient.open(port);
    await receiver.subscribe(name);
    expect(
      (await postBroadcast(port, `{"channel":"${name}","event":"${name}","data":{"${name}":{"x":1}}}`)).status,
    ).toBe(200);
    const frame = await receiver.next('m');
    expect([frame[1], frame[2], JSON.stringify(frame[4])]).toEqual([name, name, `{"${name}":{"x":1}}`]);
  });
}

it('A3: over HTTP, lone surrogates in data pass and in event names are refused', async () => {
  const { port } = await startServer();
  const receiver = await RawClient.open(port);
  await receiver.subscribe('room.1');
  expect((await postBroadcast(port, '{"channel":"room.1","event":"event","data":"\\ud800"}')).status).toBe(200);
  expect((await receiver.next('m'))[4]).toBe('\ud800');
  expect((await postBroadcast(port, '{"channel":"room.1","event":"\\ud800"}')).body).toMatchObject({
    error: { code: 'BAD_NAME' },
  });
});

it('A3: over HTTP, an API key that no header can carry is refused as an option, not by every request', () => {
  for (const apiKey of ['sixteen or more, with spaces', 'sixteen-or-more\nlines', 'sixteen-oder-mehr-ä']) {
    expect(() => new Realtime({ apiKey }), apiKey).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }) as Error);
  }
});

it('A3: over HTTP, arbitrary JSON never crashes', async () => {
  const { port } = await startServer();
  const body = fc.oneof(
    fc.json(),
    fc
      .record(
        { channel: fc.jsonValue(), event: fc.jsonValue(), data: fc.jsonValue(), except: fc.jsonValue() },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value)),
  );
  await fc.assert(
    fc.asyncProperty(body, async (text) => {
      const answer = await postBroadcast(port, text);
      if (answer.status === 200) expect(isEventName((JSON.parse(text) as { event: unknown }).event)).toBe(true);
      else isRefusal(answer);
    }),
    { numRuns: 200 },
  );
});
