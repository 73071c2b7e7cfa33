import { expect, it } from 'vitest';
import { newInstance, RawClient, randomName } from './raw-client.ts';
import { startServer } from './server.ts';

const TIMES = 100;

/** Reads everything that is there: the numbers of the messages and the newest cursor. */
function read(client: RawClient, channel: string, got: unknown[], cursor: string): string {
  let newest = cursor;
  for (const frame of client.received.takeAll()) {
    if (frame[0] === 'gap' && frame[1] === channel) throw new Error(`a gap: ${JSON.stringify(frame)}`);
    if (frame[0] === 'skip' && frame[1] === channel) newest = String(frame[2]);
    if (frame[0] !== 'm' || frame[1] !== channel) continue;
    got.push(frame[4]);
    newest = String(frame[3]);
  }
  return newest;
}

for (const cut of ['a reset', 'a FIN'] as const) {
  for (const traffic of ['with traffic at the cut', 'with traffic while away', 'without traffic'] as const) {
    it(`C3: ${TIMES} reconnects by ${cut} ${traffic}: nothing lost, double or out of order`, async () => {
      const { realtime, port } = await startServer();
      const channel = randomName();
      const instance = newInstance();
      const got: unknown[] = [];
      let published = 0;
      const publish = (): Promise<unknown> => realtime.broadcast(channel, 'e', published++);
      let client = await RawClient.open(port, { instance });
      let cursor = await client.subscribe(channel);
      for (let round = 0; round < TIMES; round++) {
        const atTheCut = traffic === 'with traffic at the cut' ? [publish(), publish(), publish()] : [];
        if (cut === 'a reset') client.raw.socket.resetAndDestroy();
        else client.raw.socket.end();
        if (cut === 'a FIN') await client.ending();
        // What came before the cut counts as seen.
        cursor = read(client, channel, got, cursor);
        if (traffic === 'with traffic while away') await Promise.all([publish(), publish()]);
        const opening = RawClient.open(port, { instance, resume: [[channel, cursor]] });
        if (traffic === 'with traffic at the cut') await Promise.all([publish(), ...atTheCut]);
        client = await opening;
        expect((await client.next('sub'))[4]).toBe(true);
        await client.roundTrip();
        cursor = read(client, channel, got, cursor);
      }
      await publish();
      await client.roundTrip();
      read(client, channel, got, cursor);
      expect(got).toEqual(Array.from({ length: published }, (_, n) => n));
    });
  }
}

it(`C3: ${TIMES} reconnects of one that sends, each send cut off before its answer: kept once, in order`, async () => {
  const { realtime, port } = await startServer({
    channels: { '*': { send: true, history: { size: 1_000, ttlMs: 120_000 } } },
  });
  const channel = randomName();
  const instance = newInstance();
  for (let round = 0; round < TIMES; round++) {
    const cut = await RawClient.open(port, { instance });
    cut.send(['send', 1, channel, 'e', round, `id-${round}`]);
    // Half of them arrive, half may not.
    if (round % 2 === 0) cut.raw.socket.end();
    else cut.raw.socket.resetAndDestroy();
    const back = await RawClient.open(port, { instance });
    expect((await back.request('send', channel, 'e', round, `id-${round}`, true))[0]).toBe('ok');
    back.raw.socket.destroy();
  }
  const { messages } = await realtime.channel(channel).history({ limit: 1_000 });
  expect(messages.map(({ data }) => data)).toEqual(Array.from({ length: TIMES }, (_, n) => n));
});
